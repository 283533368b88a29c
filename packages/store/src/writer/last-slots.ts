import type { TargetId } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { defineScript } from '../redis/script.ts';

/** Streams asked for in one call. */
const STREAMS_PER_CALL = 256;

/**
 * KEYS: streams. Returns for each the id of its newest entry that is a frame, not an end mark; '' for none.
 */
const LAST_SLOTS_SCRIPT = defineScript(
  'last-slots',
  `
local ids = {}
for i = 1, #KEYS do
  ids[i] = ''
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 2)) do
    if ids[i] == '' and string.sub(entry[1], -2) == '-0' then ids[i] = entry[1] end
  end
end
return ids
`,
);

/** The newest slot of each target; `undefined` for none. @throws StoreError */
export async function readLastSlots(
  connection: RedisConnection,
  keys: KeyLayout,
  ids: readonly TargetId[],
  signal: AbortSignal | undefined,
): Promise<Map<TargetId, number | undefined>> {
  const slots = new Map<TargetId, number | undefined>();
  // In a cluster the streams of a call must lie in one slot, so each has its own.
  const perCall = connection.isCluster ? 1 : STREAMS_PER_CALL;
  const calls: Promise<void>[] = [];
  for (let at = 0; at < ids.length; at += perCall) {
    const some = ids.slice(at, at + perCall);
    calls.push(
      connection
        .run(
          LAST_SLOTS_SCRIPT,
          some.map((id) => keys.frames(id)),
          [],
        )
        .then((reply) => {
          const found = Array.isArray(reply) ? (reply as unknown[]) : [];
          for (const [index, id] of some.entries()) {
            const text = Buffer.isBuffer(found[index]) ? found[index].toString() : '';
            slots.set(id, text === '' ? undefined : Number.parseInt(text, 10));
          }
        }),
    );
  }
  await Promise.all(calls);
  if (signal?.aborted === true) throw new StoreError('Aborted', 'looking up last slots was aborted');
  return slots;
}
