import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';

import { parseHostsFile } from './hosts-file.ts';
import { candidateNames, parseSearchList, type SearchList } from './search-list.ts';

/** What a name resolved to. */
export interface ResolvedName {
  /** IPv4 addresses first; never empty. */
  readonly addresses: readonly string[];
  /** How long the answer may be used, in seconds. */
  readonly ttlSeconds: number;
}

/** Asks for the addresses of a name. Rejects with an error whose `code` is one of `node:dns`. */
export type NameLookup = (host: string) => Promise<ResolvedName>;

/** How long the machine's own files are trusted before they are read again. */
const FILES_TTL_MS = 10_000;

/** Seconds for answers that carry no time to live. */
const LOCAL_TTL_SECONDS = 10;

/**
 * Resolves names by the hosts file, the search list and the name servers of this machine, without `getaddrinfo`: that
 * occupies a thread of a small pool for as long as a dead name server takes. Other sources of nsswitch.conf (mDNS,
 * LDAP) are not asked.
 */
export function systemNameLookup(options: { readonly timeoutMs?: number; readonly tries?: number } = {}): NameLookup {
  const { timeoutMs = 1_500, tries = 2 } = options;
  let files: { hosts: Map<string, string[]>; search: SearchList; resolvConf: string; readAtMs: number } | undefined;
  let resolver = new Resolver({ timeout: timeoutMs, tries });

  async function machineFiles(): Promise<NonNullable<typeof files>> {
    const nowMs = performance.now();
    if (files !== undefined && nowMs - files.readAtMs < FILES_TTL_MS) return files;
    const [hostsText, resolvConf] = await Promise.all([readText('/etc/hosts'), readText('/etc/resolv.conf')]);
    // A resolver reads its servers once, when it is made.
    if (files !== undefined && files.resolvConf !== resolvConf) resolver = new Resolver({ timeout: timeoutMs, tries });
    files = { hosts: parseHostsFile(hostsText), search: parseSearchList(resolvConf), resolvConf, readAtMs: nowMs };
    return files;
  }

  return async (host) => {
    const name = host.toLowerCase();
    const { hosts, search } = await machineFiles();
    const local = hosts.get(name) ?? (isLocalhost(name) ? ['127.0.0.1', '::1'] : undefined);
    if (local !== undefined) return { addresses: ipv4First(local), ttlSeconds: LOCAL_TTL_SECONDS };
    let failure: unknown;
    for (const candidate of candidateNames(name, search)) {
      try {
        return await queryAddresses(resolver, candidate);
      } catch (error) {
        failure = error;
        if (!isUnknownName(error)) break;
      }
    }
    throw failure;
  };
}

async function queryAddresses(resolver: Resolver, name: string): Promise<ResolvedName> {
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  const records = [...(v4.status === 'fulfilled' ? v4.value : []), ...(v6.status === 'fulfilled' ? v6.value : [])];
  if (records.length === 0) throw failureOf(v4, v6);
  return {
    addresses: records.map(({ address }) => address),
    ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)),
  };
}

/** The failure that says more: a server that did not answer rather than a name that does not exist. */
function failureOf(...results: readonly PromiseSettledResult<unknown>[]): unknown {
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  return failures.find((failure) => !isUnknownName(failure)) ?? failures[0] ?? new Error('no address');
}

function isUnknownName(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** Such names never leave the machine (RFC 6761, 6.3). */
function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function ipv4First(addresses: readonly string[]): readonly string[] {
  return [...addresses].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // A machine without the file resolves by its name servers alone.
    return '';
  }
}
