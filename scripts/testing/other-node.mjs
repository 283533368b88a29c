import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The command of the other Node.js line that Pulsekeeper supports, 24 on a machine with 20 or 22 and 20 on one with 24,
 * from the npm package `node`; `undefined` where that cannot be had.
 *
 * @returns {Promise<{ major: number, command: string[] } | undefined>}
 */
export async function otherNode() {
  const major = Number(process.versions.node.split('.')[0]) >= 24 ? 20 : 24;
  const npx = ['--yes', '--package', `node@${major}`, '--', 'node'];
  try {
    const { stdout } = await run('npx', [...npx, '-p', 'process.execPath + " " + process.version'], {
      timeout: 180_000,
    });
    const [path, version] = stdout.trim().split(' ');
    return path !== undefined && version?.startsWith(`v${major}.`) ? { major, command: [path] } : undefined;
  } catch {
    return undefined; // No registry, or no such package for this machine; the caller says so.
  }
}
