// `npm run bench -- NAME [ARGUMENTS]` runs `packages/*/bench/NAME.bench.ts`; without a name it lists what there is.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { repositoryRoot as root } from './bootstrap/repository-root.mjs';
import { runCommand } from './bootstrap/run-command.mjs';
import { runMain, setUp } from './bootstrap/set-up.mjs';
import { SetupError } from './bootstrap/setup-error.mjs';

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  const benches = findBenches();
  if (name === undefined || name === '--list') {
    for (const bench of benches) process.stdout.write(`${bench.name.padEnd(24)} ${bench.summary}\n`);
    return;
  }
  const bench = benches.find((candidate) => candidate.name === name || candidate.path === name);
  if (bench === undefined) {
    throw new SetupError(`no benchmark ${name}; there are: ${benches.map((other) => other.name).join(', ')}`);
  }
  await setUp();
  process.exitCode = await runCommand(process.execPath, ['--import', 'tsx', bench.path, ...args], { cwd: root });
});

function findBenches() {
  const paths = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => /^[^/]+\/bench\/[^/]+\.bench\.ts$/.test(path))
    .sort()
    .map((path) => ({
      name: basename(path, '.bench.ts'),
      path: `packages/${path}`,
      summary: firstCommentLine(readFileSync(join(root, 'packages', path), 'utf8')),
    }));
}

/** @param {string} source */
function firstCommentLine(source) {
  return /^\s*(?:\/\/|\/\*\*?\s*\n?\s*\*?)\s*(.+?)(?:\s*\*\/)?$/m.exec(source)?.[1] ?? '';
}
