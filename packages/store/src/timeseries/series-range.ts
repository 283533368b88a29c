import { StoreError } from '../errors.ts';
import type { Aggregation } from '../frame-reader.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { Points } from './with-markers.ts';

/** Points of one reply: some 5 ms of Redis' time. */
const PAGE_POINTS = 10_000;

/** The points of one time series; none when it is not there. @throws StoreError */
export async function readSeriesRange(
  connection: RedisConnection,
  key: string,
  range: { readonly fromMs: number; readonly toMs: number },
  aggregation: Aggregation | undefined,
): Promise<Points> {
  const times: number[] = [];
  const values: number[] = [];
  const last = String(Math.max(0, Math.floor(range.toMs)));
  const how = aggregation === undefined ? [] : ['AGGREGATION', aggregation.aggregator, String(aggregation.bucketMs)];
  let fromMs = Math.max(0, Math.ceil(range.fromMs));
  for (let isMore = true; isMore && fromMs <= range.toMs;) {
    const reply = await readPage(connection, key, [String(fromMs), last, 'COUNT', String(PAGE_POINTS), ...how]);
    for (const entry of reply) {
      const [time, value] = Array.isArray(entry) ? (entry as unknown[]) : [];
      times.push(Number(time));
      values.push(Number(String(value)));
    }
    isMore = reply.length === PAGE_POINTS;
    fromMs = (times.at(-1) ?? 0) + (aggregation?.bucketMs ?? 1);
  }
  return { timestampsMs: Float64Array.from(times), values: Float64Array.from(values) };
}

async function readPage(
  connection: RedisConnection,
  key: string,
  args: readonly string[],
): Promise<readonly unknown[]> {
  try {
    const reply = await connection.callAt(key, 'TS.RANGE', key, ...args);
    return Array.isArray(reply) ? (reply as unknown[]) : [];
  } catch (error) {
    if (error instanceof StoreError && /does not exist|not a TSDB key/i.test(error.message)) return [];
    throw error;
  }
}
