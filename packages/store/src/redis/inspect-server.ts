import type { ServerInspection } from '../store.ts';
import type { RedisArgument, RedisConnection } from './redis-connection.ts';
import type { RedisLocation } from './redis-url.ts';
import { parseServerTime } from './server-time.ts';

type Call = (command: string, ...args: RedisArgument[]) => Promise<unknown>;

/** A primary, with what it says of itself. */
export interface PrimaryInfo {
  readonly call: Call;
  readonly info: ReadonlyMap<string, string>;
}

/** Asks each primary for its `INFO`. @throws StoreError */
export async function askInfo(connection: Pick<RedisConnection, 'onPrimaries'>): Promise<PrimaryInfo[]> {
  return connection.onPrimaries(async (call) => ({ call, info: parseInfo(String(await call('INFO'))) }));
}

/** Asks each primary what else it promises. @throws StoreError */
export async function inspectServers(
  primaries: readonly PrimaryInfo[],
  kind: RedisLocation['kind'],
  nowMs: () => number,
): Promise<ServerInspection[]> {
  return Promise.all(primaries.map((primary) => inspectServer(primary, kind, nowMs)));
}

async function inspectServer(
  { call, info }: PrimaryInfo,
  kind: RedisLocation['kind'],
  nowMs: () => number,
): Promise<ServerInspection> {
  const facts = {
    kind,
    version: versionOf(info),
    role: info.get('role') ?? 'unknown',
    persistence: await persistenceOf(call, info),
    maxMemoryBytes: Number(info.get('maxmemory') ?? 0),
    usedMemoryBytes: Number(info.get('used_memory') ?? 0),
    evictionPolicy: info.get('maxmemory_policy') ?? 'unknown',
    connectedReplicas: Number(info.get('connected_slaves') ?? 0),
    clockSkewMs: await measureSkew(call, nowMs),
  };
  return { ...facts, warnings: warningsFor(facts) };
}

/** This machine's clock minus the server's, from one round trip. */
async function measureSkew(call: Call, nowMs: () => number): Promise<number> {
  const beforeMs = nowMs();
  const reply = await call('TIME');
  const afterMs = nowMs();
  return Math.round((beforeMs + afterMs) / 2 - parseServerTime(reply));
}

const LEAST_VERSION = [6, 2] as const;
const MOST_SKEW_MS = 1_000;

/** The version of a Redis or Valkey, from its `INFO`. */
export function versionOf(info: ReadonlyMap<string, string>): string {
  return info.get('valkey_version') ?? info.get('redis_version') ?? 'unknown';
}

/** Whether a server lacks what the stream driver needs. One that does not tell its version is given the benefit of the doubt. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_VERSION;
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** What an operator should know before trusting the server with samples. */
export function warningsFor(facts: Omit<ServerInspection, 'warnings'>): string[] {
  const warnings: string[] = [];
  if (isTooOld(facts.version)) {
    warnings.push(`Redis ${facts.version} is too old: streams need 6.2 or later to be trimmed by age.`);
  }
  if (facts.evictionPolicy !== 'noeviction' && facts.evictionPolicy !== 'unknown') {
    warnings.push(
      `maxmemory-policy is ${facts.evictionPolicy}: when memory is full Redis removes keys of its choice, whole targets among them. Set it to noeviction.`,
    );
  }
  if (facts.persistence === 'none') {
    warnings.push('Nothing is persisted: a restart of Redis loses all samples. Set appendonly yes.');
  } else if (facts.persistence === 'rdb') {
    warnings.push(
      'Only snapshots are persisted: a crash of Redis loses all samples since the last one. Set appendonly yes.',
    );
  }
  if (facts.role !== 'master') warnings.push(`The server is a ${facts.role}: it takes no writes.`);
  if (Math.abs(facts.clockSkewMs) > MOST_SKEW_MS) {
    const direction = facts.clockSkewMs > 0 ? 'ahead of' : 'behind';
    warnings.push(
      `This machine's clock is ${Math.abs(facts.clockSkewMs)} ms ${direction} that of Redis. Keep clocks in step with NTP.`,
    );
  }
  return warnings;
}

export function parseInfo(text: string): Map<string, string> {
  const info = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return info;
}

async function persistenceOf(call: Call, info: ReadonlyMap<string, string>): Promise<ServerInspection['persistence']> {
  if (info.get('aof_enabled') === '1') return 'aof';
  try {
    const reply = await call('CONFIG', 'GET', 'save');
    const save = Array.isArray(reply) ? String(reply[1] ?? '') : '';
    return save === '' ? 'none' : 'rdb';
  } catch {
    // CONFIG is often forbidden on hosted servers; the time of the last snapshot tells as much.
    return Number(info.get('rdb_last_save_time') ?? 0) > 0 ? 'rdb' : 'none';
  }
}
