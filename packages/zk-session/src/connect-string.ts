import { isIPv6 } from 'node:net';

import { ZkError } from './errors.ts';
import { explainInvalidPath } from './znode-path.ts';

/** One `host:port` of a connect string. The host may be a name with several addresses. */
export interface ServerAddress {
  /** A host name or an IP literal; IPv6 without brackets. */
  readonly host: string;
  /** From 1 to 65535; 2181 where the connect string names none. */
  readonly port: number;
}

/** A connect string taken apart. */
export interface ParsedConnectString {
  /** At least one, in the order of the text. */
  readonly servers: readonly ServerAddress[];
  /** `''` for none, else a path without a slash at its end. */
  readonly chroot: string;
}

const DEFAULT_PORT = 2181;
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
// `host`, `host:port`, `[v6]`, `[v6]:port`.
const SERVER = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]*))(?::(?<port>[^:]*))?$/;

/**
 * Parses `h1:2181,h2,[::1]:2181/chroot`. Spaces around an entry are dropped; anything else that is not a
 * connect string is refused here rather than in the middle of a reconnect.
 *
 * @throws {@link ZkError} `InvalidConnectString`, naming the part that is wrong.
 */
export function parseConnectString(text: string): ParsedConnectString {
  const slash = text.indexOf('/');
  const list = slash === -1 ? text : text.slice(0, slash);
  const chroot = slash === -1 ? '' : text.slice(slash).trim().replace(/\/$/, '');
  const reason = chroot === '' ? undefined : explainInvalidPath(chroot);
  if (reason !== undefined) throw invalid(text, `chroot ${JSON.stringify(chroot)} ${reason}`);
  return { servers: list.split(',').map((entry) => parseServer(text, entry.trim())), chroot };
}

/** `host:port`, with the brackets that an IPv6 literal needs. */
export function formatServerAddress(server: ServerAddress): string {
  return isIPv6(server.host) ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

function parseServer(text: string, entry: string): ServerAddress {
  if (entry === '') throw invalid(text, 'a server is empty');
  const groups = SERVER.exec(entry)?.groups;
  if (groups === undefined) throw invalid(text, `server ${JSON.stringify(entry)} (an IPv6 literal needs brackets)`);
  const port = groups['port'] === undefined ? DEFAULT_PORT : parsePort(text, groups['port']);
  const ipv6 = groups['ipv6'];
  if (ipv6 !== undefined) {
    if (!isIPv6(ipv6)) throw invalid(text, `${JSON.stringify(ipv6)} is not an IPv6 address`);
    return { host: ipv6, port };
  }
  const host = groups['host'] ?? '';
  if (!HOST_NAME.test(host)) throw invalid(text, `host ${JSON.stringify(host)}`);
  return { host, port };
}

function parsePort(text: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) throw invalid(text, `port ${JSON.stringify(digits)} is not within 1 to 65535`);
  return port;
}

function invalid(text: string, what: string): ZkError {
  return new ZkError('InvalidConnectString', `invalid connect string ${JSON.stringify(text)}: ${what}`);
}
