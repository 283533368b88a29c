import { parseByteSize, parseDuration } from '@pulsekeeper/model';
import { explainInvalidName } from '@pulsekeeper/model';
import { parseConnectString } from '@pulsekeeper/zk-session';

import type { ListenAddress } from '../http/status-server.ts';
import { AddressPolicy } from '../scrape/address-policy.ts';

const REDIS_URL = /^rediss?(\+sentinel|\+cluster)?:\/\/[^\s/]+/i;
const KEY_PREFIX = /^[^\s{}*?[\]\\]{1,100}$/;
const LISTEN_ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

/** A check of a value, as convict takes it: throws an Error whose message says what is allowed. */
export type Check = (value: unknown) => void;

/** `host:port[,host:port…][/chroot]` */
export const checkConnectString: Check = (value) => {
  if (typeof value !== 'string' || value === '') throw new Error('expected host:port[,host:port…][/chroot]');
  if (value.includes('@')) {
    throw new Error('expected host:port[,host:port…][/chroot]; credentials belong into PULSEKEEPER_ZOOKEEPER_AUTH');
  }
  parseConnectString(value);
};

/** Empty, or `scheme:credentials` */
export const checkZookeeperAuth: Check = (value) => {
  allow(isText(value, /^(?:[a-z]+:.+)?$/), 'expected scheme:credentials, such as digest:user:password');
};

/** A URL that the store knows */
export const checkRedisUrl: Check = (value) => {
  allow(isText(value, REDIS_URL), 'expected redis://, rediss://, redis+sentinel:// or redis+cluster://, then a host');
};

/** What every key in Redis begins with */
export const checkKeyPrefix: Check = (value) => {
  allow(isText(value, KEY_PREFIX), 'expected 1 to 100 characters without blanks, braces and glob signs');
};

/** A duration above 0 */
export const checkDuration: Check = (value) => {
  allow(
    typeof value === 'string' && positive(() => parseDuration(value)),
    'expected a duration above 0, such as 500ms, 6s or 1m30s',
  );
};

/** A duration above 0, or empty for the default */
export const checkOptionalDuration: Check = (value) => {
  if (value !== '') checkDuration(value);
};

/** A size above 0 */
export const checkByteSize: Check = (value) => {
  allow(
    typeof value === 'string' && positive(() => parseByteSize(value)),
    'expected a size above 0, such as 64MB or 256MiB',
  );
};

/** A name for a znode, or empty for one made up */
export const checkCollectorId: Check = (value) => {
  if (typeof value !== 'string') throw new Error('expected a name');
  const problem = value === '' ? undefined : explainInvalidName(value);
  if (problem !== undefined) throw new Error(problem);
};

/** `host:port` to listen on */
export const checkListenAddress: Check = (value) => {
  allow(
    typeof value === 'string' && parseListenAddress(value) !== undefined,
    'expected host:port, such as 127.0.0.1:9464 or [::]:0',
  );
};

/** Networks in CIDR form and names of hosts, separated by commas, or a list of them */
export const checkHosts: Check = (value) => {
  new AddressPolicy({ deny: hostsOf(value) });
};

/** A whole number within bounds */
export function wholeNumber(least: number, most: number): Check {
  return (value) => {
    const isGood = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    allow(isGood, `expected a whole number from ${least} to ${most}`);
  };
}

/** Reads `host:port`; undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = LISTEN_ADDRESS.exec(text);
  const host = match?.[1]?.replace(/^\[|\]$/g, '');
  const port = Number(match?.[2]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** The hosts of a comma-separated text or of a list. @throws Error when it is neither */
export function hostsOf(value: unknown): readonly string[] {
  const parts: unknown = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(parts)) throw new Error('expected networks in CIDR form or names of hosts, separated by commas');
  const texts = parts.map((part) => (typeof part === 'string' ? part.trim() : JSON.stringify(part)));
  return texts.filter((text) => text !== '');
}

/** Bytes of a chunk, as RedisTimeSeries takes them. */
export const checkChunkBytes: Check = (value) => {
  const isGood = typeof value === 'number' && value >= 48 && value <= 1_048_576 && value % 8 === 0;
  allow(isGood, 'expected a multiple of 8 from 48 to 1048576');
};

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function positive(read: () => number): boolean {
  try {
    return read() > 0;
  } catch {
    // It cannot be read, so it is not allowed; the caller says what is.
    return false;
  }
}

function allow(isGood: boolean, allowed: string): void {
  if (!isGood) throw new Error(allowed);
}
