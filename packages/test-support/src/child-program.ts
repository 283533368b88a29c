import { fileURLToPath } from 'node:url';

/** The Node arguments that run a sibling module of this package, built or, in this package's own tests, from source. */
export function childProgramArgs(name: string): string[] {
  const isSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(new URL(`./${name}${isSource ? '.ts' : '.js'}`, import.meta.url));
  return isSource ? ['--import', 'tsx', path] : [path];
}
