import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { tooOldRedis } from './redis-version.mjs';
import { outputOf, runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';
import { withoutServiceStarts } from './without-service-starts.mjs';

/**
 * A program that Pulsekeeper starts, how to tell that it is there, and the Debian package that brings it.
 *
 * @typedef {{ name: string, debianPackage: string, isThere: () => boolean }} Server
 */

/** @type {Readonly<Record<'zookeeper' | 'redis', readonly Server[]>>} */
const SERVERS = {
  zookeeper: [
    { name: 'java', debianPackage: 'default-jre-headless', isThere: () => hasProgram('java') },
    {
      name: 'ZooKeeper (/usr/share/java/zookeeper.jar)',
      debianPackage: 'zookeeper',
      isThere: () => existsSync('/usr/share/java/zookeeper.jar') || isSet('PULSEKEEPER_ZOOKEEPER_CLASSPATH'),
    },
  ],
  redis: [
    {
      name: 'redis-server',
      debianPackage: 'redis-server',
      isThere: () => hasProgram('redis-server') || hasProgram('valkey-server') || isSet('PULSEKEEPER_REDIS_SERVER'),
    },
  ],
};

/**
 * Sees to it that the programs are there: with root and apt by installing Debian's packages, which it says; otherwise
 * it throws a `SetupError` that says what to install. No service is started or changed.
 *
 * @param {readonly ('zookeeper' | 'redis')[]} wanted
 */
export async function ensureServers(wanted) {
  const missing = findMissing(wanted);
  if (missing.length === 0) {
    await ensureVersions(wanted);
    return;
  }
  const packages = missing.map((server) => server.debianPackage);
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) throw new SetupError(advice(missing));
  process.stdout.write(`Installing Debian's packages ${packages.join(', ')} (no service is started)\n`);
  await withoutServiceStarts((signal) => aptInstall(packages, signal));
  const still = findMissing(wanted);
  if (still.length > 0) throw new SetupError(`apt-get could not bring what is needed.\n${advice(still)}`);
  await ensureVersions(wanted);
}

/** @param {readonly ('zookeeper' | 'redis')[]} wanted */
async function ensureVersions(wanted) {
  if (!wanted.includes('redis')) return;
  const given = process.env.PULSEKEEPER_REDIS_SERVER ?? '';
  const command = given !== '' ? given : hasProgram('redis-server') ? 'redis-server' : 'valkey-server';
  const reason = tooOldRedis(await outputOf(command, ['--version']));
  if (reason !== undefined) throw new SetupError(`${command} is ${reason}`);
}

/** @param {readonly ('zookeeper' | 'redis')[]} wanted */
function findMissing(wanted) {
  return wanted.flatMap((kind) => SERVERS[kind]).filter((server) => !server.isThere());
}

/** @param {readonly Server[]} missing */
function advice(missing) {
  const packages = missing.map((server) => server.debianPackage).join(' ');
  return [
    `missing on this machine: ${missing.map((server) => server.name).join(', ')}.`,
    `  Debian, Ubuntu:      sudo apt-get install --no-install-recommends ${packages}`,
    '  with Docker instead: docker compose up --wait',
    '  other servers:       set PULSEKEEPER_ZOOKEEPER=host:port/chroot and PULSEKEEPER_REDIS=redis://host:port for npm start',
  ].join('\n');
}

/**
 * @param {readonly string[]} packages
 * @param {AbortSignal} signal begins no further step once it has aborted
 */
async function aptInstall(packages, signal) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = /** @type {const} */ ({ env, stdio: ['ignore', 'ignore', 'inherit'] });
  if ((await runCommand('apt-get', ['update', '-qq'], options)) !== 0) {
    process.stdout.write('apt-get update failed; trying with the lists that are there\n');
  }
  signal.throwIfAborted();
  // Java's package links manual pages and fails where a slim image has left their folder out.
  await mkdir('/usr/share/man/man1', { recursive: true });
  const install = ['install', '-y', '-qq', '--no-install-recommends', '--no-upgrade', ...packages];
  const code = await runCommand('apt-get', install, options);
  if (code !== 0) throw new SetupError(`apt-get ${install.join(' ')} failed with status ${code}.`);
  // Nor shall it start with the machine: the server that was installed for us is only ever run by us.
  if (packages.includes('redis-server') && hasProgram('systemctl')) {
    await runCommand('systemctl', ['disable', '--quiet', 'redis-server'], { stdio: 'ignore' });
  }
}

/** @param {string} name */
function isSet(name) {
  return (process.env[name] ?? '') !== '';
}

/** @param {string} name */
function hasProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false; // Not in this folder.
    }
  });
}
