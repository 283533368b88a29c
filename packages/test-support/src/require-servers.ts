import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { TestSupportError } from './errors.ts';

const ZOOKEEPER_JAR = '/usr/share/java/zookeeper.jar';
const SLF4J_JARS = ['/usr/share/java/slf4j-simple.jar', '/usr/share/java/slf4j-api.jar'];

/**
 * Throws `MissingServer`, naming all that is missing and how to get it, unless `java`, ZooKeeper's jars and a Redis
 * server are there.
 */
export function requireServers(): void {
  const missing: string[] = [];
  if (findExecutable('java') === undefined) missing.push('java (Debian: default-jre-headless)');
  if (zooKeeperClassPath() === undefined) missing.push(`${ZOOKEEPER_JAR} (Debian: zookeeper)`);
  if (redisServerCommand() === undefined) missing.push('redis-server (Debian: redis-server)');
  if (missing.length > 0) throw new TestSupportError('MissingServer', `missing on this machine: ${missing.join(', ')}`);
}

/** ZooKeeper's class path: `PULSEKEEPER_ZOOKEEPER_CLASSPATH`, or Debian's jars (their manifest pulls in the rest). */
export function zooKeeperClassPath(): string | undefined {
  const given = process.env['PULSEKEEPER_ZOOKEEPER_CLASSPATH'];
  if (given !== undefined && given !== '') return given;
  if (!existsSync(ZOOKEEPER_JAR)) return undefined;
  return [ZOOKEEPER_JAR, ...SLF4J_JARS.filter((path) => existsSync(path))].join(':');
}

/** The Redis server to run: `PULSEKEEPER_REDIS_SERVER`, `redis-server` or `valkey-server` from `PATH`. */
export function redisServerCommand(): string | undefined {
  const given = process.env['PULSEKEEPER_REDIS_SERVER'];
  if (given !== undefined && given !== '') return given;
  return findExecutable('redis-server') ?? findExecutable('valkey-server');
}

/** The full path of a program on `PATH`. */
export function findExecutable(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not ours to run: to the caller the same.
  }
}
