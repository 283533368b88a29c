import { join } from 'node:path';

import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Builds all packages, then the bundle that the CLI starts from; what is up to date is left alone.
 *
 * @param {string} root
 */
export async function ensureBuild(root) {
  const code = await runCommand(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root });
  if (code !== 0) throw new SetupError('the build failed; the compiler says above where.');
  const bundle = [join(root, 'packages/cli/scripts/bundle.mjs'), '--if-stale'];
  if ((await runCommand(process.execPath, bundle, { cwd: root })) !== 0) {
    throw new SetupError('the CLI could not be bundled; esbuild says above why.');
  }
}
