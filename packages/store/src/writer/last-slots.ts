import type { TargetId } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import { LENIENT_READ } from '../redis/lenient-read.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { defineScript } from '../redis/script.ts';

/** Streams asked for in one call. */
const STREAMS_PER_CALL = 256;

/**
 * KEYS: for each target its stream and its late frames. Returns for each target the newest slot that has a frame, be it in
 * the stream or beside it, end marks aside; '' for none. A key of another type counts as empty.
 */
const LAST_SLOTS_SCRIPT = defineScript(
  'last-slots',
  `
${LENIENT_READ}
-- A slot has at most a frame and an end mark.
local function newest(list, idOf)
  for _, entry in ipairs(list) do
    local slot = string.match(idOf(entry), '^(%d+)%-0')
    if slot then return slot end
  end
end

local slots = {}
for i = 1, #KEYS / 2 do
  local slot = newest(read('XREVRANGE', KEYS[i * 2 - 1], '+', '-', 'COUNT', 2), function(entry) return entry[1] end)
  local late = newest(read('ZREVRANGE', KEYS[i * 2], 0, 1), function(member) return string.sub(member, 1, 40) end)
  if late and (not slot or tonumber(late) > tonumber(slot)) then slot = late end
  slots[i] = slot or ''
end
if failure then return failure end
return slots
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
          some.flatMap((id) => [keys.frames(id), keys.late(id)]),
          [],
        )
        .then((reply) => {
          const found = Array.isArray(reply) ? (reply as unknown[]) : [];
          for (const [index, id] of some.entries()) {
            const text = Buffer.isBuffer(found[index]) ? found[index].toString() : '';
            slots.set(id, text === '' ? undefined : Number(text));
          }
        }),
    );
  }
  await Promise.all(calls);
  if (signal?.aborted === true) throw new StoreError('Aborted', 'looking up last slots was aborted');
  return slots;
}
