import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNodeVersion } from './node-version.mjs';
import { repositoryRoot } from './repository-root.mjs';
import { ensureServers } from './servers.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Brings a fresh clone to where its programs and tests run: Node.js checked, servers present, npm packages installed,
 * everything built. What is there already costs a second or two.
 *
 * @param {{ servers?: readonly ('zookeeper' | 'redis')[] }} [options] which servers must be on the machine; both by default
 * @throws {SetupError} with what to do about it
 */
export async function setUp({ servers = ['zookeeper', 'redis'] } = {}) {
  ensureNodeVersion();
  await ensureServers(servers);
  await ensureDependencies(repositoryRoot);
  await ensureBuild(repositoryRoot);
}

/**
 * Runs a program's main function; a `SetupError` ends it with its message alone and status 1.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`pulsekeeper: ${error.message}\n`);
    process.exitCode = 1;
  }
}
