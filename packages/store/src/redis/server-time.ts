import { StoreError } from '../errors.ts';
import type { KeyLayout } from './key-layout.ts';
import type { RedisConnection } from './redis-connection.ts';
import { defineScript } from './script.ts';

/** Asks by a key, so that a cluster answers from the primary that has it: nodes of a cluster have clocks of their own. */
const TIME_SCRIPT = defineScript('time', "return redis.call('TIME')");

/** The clock of Redis, Unix ms with fractions; of a cluster, that of the primary that holds the index. @throws StoreError */
export async function readServerTime(connection: RedisConnection, keys: KeyLayout): Promise<number> {
  return parseServerTime(await connection.run(TIME_SCRIPT, [keys.collectors], []));
}

/** Unix ms from a reply of `TIME`: seconds and microseconds. @throws StoreError with code `Unknown` */
export function parseServerTime(reply: unknown): number {
  const [seconds, micros] = Array.isArray(reply) ? reply.map(Number) : [];
  const unixMs = (seconds ?? Number.NaN) * 1000 + (micros ?? Number.NaN) / 1000;
  if (!Number.isFinite(unixMs)) throw new StoreError('Unknown', 'redis answered TIME with something else than a time');
  return unixMs;
}
