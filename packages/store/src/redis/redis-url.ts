import { redactUrl } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';

export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is and who we are, as a URL says it. */
export interface RedisLocation {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the Sentinels, or some nodes of the cluster. */
  readonly addresses: readonly HostAddress[];
  /** Name of the master that the Sentinels watch. */
  readonly masterName: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly isTls: boolean;
}

const URL_SHAPE = /^(rediss?)(\+sentinel|\+cluster)?:\/\/(?:([^@/]*)@)?([^/?#]+)((?:\/[^/?#]*)*)$/i;
const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Reads `redis[s][+sentinel|+cluster]://[user[:password]@]host[:port][,host[:port]…][/master][/database]`.
 * User and password are percent-encoded; `:password@` alone means the default user.
 *
 * @throws StoreError with code `InvalidOption`; the message never holds the password
 */
export function parseRedisUrl(url: string): RedisLocation {
  const match = URL_SHAPE.exec(url.trim());
  if (match === null) refuse('expected redis://, rediss://, redis+sentinel:// or redis+cluster:// and a host');
  const [, scheme, written, credentials, hosts = '', path = ''] = match;
  const mode = written?.toLowerCase();
  const kind = mode === '+sentinel' ? 'sentinel' : mode === '+cluster' ? 'cluster' : 'single';
  const addresses = hosts
    .split(',')
    .map((text) => parseAddress(text, kind === 'sentinel' ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT));
  if (kind === 'single' && addresses.length > 1) refuse('several hosts need redis+sentinel:// or redis+cluster://');
  const segments = path.split('/').filter((segment) => segment !== '');
  const masterName = kind === 'sentinel' ? decode(segments.shift()) : undefined;
  if (kind === 'sentinel' && masterName === undefined) refuse("the master's name must follow the Sentinels");
  const database = segments.shift() ?? '0';
  if (segments.length > 0 || !/^\d{1,5}$/.test(database)) refuse('the database must be a number');
  if (kind === 'cluster' && database !== '0') refuse('a cluster has only database 0');
  const [username, password] = parseCredentials(credentials);
  return {
    kind,
    addresses,
    masterName,
    username,
    password,
    database: Number(database),
    isTls: scheme?.toLowerCase() === 'rediss',
  };
}

/** The URL with the password replaced, for logs and messages; of what has no scheme nothing is shown. */
export function redactRedisUrl(url: string): string {
  return url.includes('://') ? redactUrl(url) : '***';
}

function parseAddress(text: string, defaultPort: number): HostAddress {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s@]+)(?::(\d{1,5}))?$/.exec(text);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535)
    refuse('a host is no host or host:port (a user or password with @, : or / must be percent-encoded)');
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

function parseCredentials(text: string | undefined): [string | undefined, string | undefined] {
  if (text === undefined || text === '') return [undefined, undefined];
  const colon = text.indexOf(':');
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? undefined : decode(text.slice(colon + 1));
  return [username === '' ? undefined : username, password];
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('a percent sign must start an escape');
  }
}

/** Never with the URL, nor a part of it: what is wrong with it may be where its password is. */
function refuse(why: string): never {
  throw new StoreError('InvalidOption', `not a usable Redis URL: ${why}`);
}
