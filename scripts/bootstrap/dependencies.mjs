import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Says what of the lock file is not installed, or `undefined` when all of it is. npm leaves a list of what it installed
 * in `node_modules/.package-lock.json`; comparing contents, and not times, survives checkouts and copies.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function missingDependency(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new SetupError(`there is no package-lock.json in ${root}`);
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return 'node_modules';
  for (const [path, entry] of Object.entries(wanted)) {
    // Optional packages are for other platforms, as far as they are not here.
    if (!path.startsWith('node_modules/') || entry.optional || entry.devOptional) continue;
    const found = installed[path];
    if (found === undefined || found.version !== entry.version || found.link !== entry.link) return path;
  }
  return undefined;
}

/**
 * Runs `npm ci` unless everything that the lock file names is installed.
 *
 * @param {string} root
 */
export async function ensureDependencies(root) {
  const missing = missingDependency(root);
  if (missing === undefined) return;
  process.stdout.write(`Installing the npm packages (${missing} is missing or of another version)\n`);
  const code = await runCommand('npm', ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], {
    cwd: root,
  });
  if (code !== 0) throw new SetupError(`npm ci failed with status ${code}; its messages are above.`);
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined; // Not there, or cut short by an install that was interrupted: to be installed either way.
  }
}
