import { parseDuration } from '@pulsekeeper/model';
import { isZkError, parseConnectString } from '@pulsekeeper/zk-session';

/** As many owners a target as the collectors allow. */
export const MAX_REPLICATION = 16;

const REDIS_SCHEMES = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis+cluster', 'rediss+cluster'];
/** The value at the beginning of the parser's message, which ours names already. */
const REPEATED_VALUE = /^invalid connect string "(?:[^"\\]|\\.)*": /;

/** @throws Error, whose message says what is allowed, for what is no `host:port[,…][/chroot]` */
export function checkConnectString(value: unknown): void {
  const problem = typeof value === 'string' ? explainConnectString(value) : 'expected a text';
  allow(problem === undefined, problem ?? '');
}

/** @throws Error for what is neither empty nor `scheme:credentials` */
export function checkZookeeperAuth(value: unknown): void {
  const isGood = typeof value === 'string' && /^(?:[a-z]+:.+)?$/.test(value);
  allow(isGood, 'expected scheme:credentials, such as digest:user:password');
}

/** @throws Error for a URL whose scheme the store does not know, or without a host */
export function checkRedisUrl(value: unknown): void {
  const scheme = typeof value === 'string' ? /^([a-z+]+):\/\/[^\s/]+/i.exec(value)?.[1] : undefined;
  const isGood = scheme !== undefined && REDIS_SCHEMES.includes(scheme.toLowerCase());
  allow(isGood, 'expected redis://, rediss://, redis+sentinel:// or redis+cluster://, then a host');
}

/** @throws Error for a prefix that could not be told apart in a pattern or a hash tag */
export function checkKeyPrefix(value: unknown): void {
  const isGood = typeof value === 'string' && /^[^\s{}*?[\]\\]{1,100}$/.test(value);
  allow(isGood, 'expected 1 to 100 characters without blanks, braces and glob signs');
}

/** @throws Error for what is no Prometheus duration above 0 */
export function checkDuration(value: unknown): void {
  allow(
    typeof value === 'string' && isPositiveDuration(value),
    'expected a duration above 0, such as 500ms, 6s or 1m30s',
  );
}

/** @throws Error for what is no sensible number of owners */
export function checkReplication(value: unknown): void {
  const isGood = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_REPLICATION;
  allow(isGood, `expected a whole number from 1 to ${MAX_REPLICATION}`);
}

/** @throws Error for what is no text */
export function checkText(value: unknown): void {
  allow(typeof value === 'string', 'expected a text');
}

/** Why a text is no ZooKeeper connect string, by the very parser that a session uses; `undefined` for one that is. */
function explainConnectString(text: string): string | undefined {
  const allowed = 'expected host:port[,host:port…][/chroot]';
  if (text.includes('@')) {
    return `${allowed} without credentials, which belong into PULSEKEEPER_ZOOKEEPER_AUTH`;
  }
  try {
    parseConnectString(text);
    return undefined;
  } catch (error) {
    if (!isZkError(error, 'InvalidConnectString')) {
      throw error;
    }
    return `${allowed}, but ${error.message.replace(REPEATED_VALUE, '')}`;
  }
}

function isPositiveDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    // parseDuration throws for whatever is no duration; the caller's message says what is allowed.
    return false;
  }
}

function allow(isGood: boolean, allowed: string): void {
  if (!isGood) {
    throw new Error(allowed);
  }
}
