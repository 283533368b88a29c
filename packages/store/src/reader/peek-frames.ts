import type { TargetId } from '@pulsekeeper/model';
import type { KeyLayout } from '../redis/key-layout.ts';
import { LENIENT_READ } from '../redis/lenient-read.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { slotOfEntryId } from '../writer/target-log.ts';
import { defineScript } from '../redis/script.ts';

const STREAMS_PER_CALL = 256;
/** Enough for a header with a long failure message and a long name; the columns are not needed. */
const HEAD_BYTES = 2048;

/**
 * KEYS: for each target its stream and its late frames. ARGV: for each target the id to look from, backwards; `+` for the
 * newest, late ones among them. Returns for each up to two entries of either: id, head of frame. A key of another type
 * counts as empty.
 */
const PEEK_SCRIPT = defineScript(
  'peek',
  `
${LENIENT_READ}

local heads = {}
for i = 1, #KEYS / 2 do
  local found = {}
  for _, entry in ipairs(read('XREVRANGE', KEYS[i * 2 - 1], ARGV[i], '-', 'COUNT', 2)) do
    found[#found + 1] = {entry[1], string.sub(entry[2][2], 1, ${HEAD_BYTES})}
  end
  if ARGV[i] == '+' then
    for _, member in ipairs(read('ZREVRANGE', KEYS[i * 2], 0, 1)) do
      local id, frame = string.match(member, '^(%d+%-%d+)|(.*)$')
      if id then found[#found + 1] = {id, string.sub(frame, 1, ${HEAD_BYTES})} end
    end
  end
  heads[i] = found
end
if failure then return failure end
return heads
`,
);

export interface FrameHead {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The heads of the newest few frames of each target up to an entry's id, the newest first. @throws StoreError */
export async function peekFrames(
  connection: RedisConnection,
  keys: KeyLayout,
  wanted: readonly { readonly target: TargetId; readonly upToId: string }[],
): Promise<FrameHead[][]> {
  const perCall = connection.isCluster ? 1 : STREAMS_PER_CALL;
  const calls: Promise<FrameHead[][]>[] = [];
  for (let at = 0; at < wanted.length; at += perCall) {
    const some = wanted.slice(at, at + perCall);
    const reply = connection.run(
      PEEK_SCRIPT,
      some.flatMap(({ target }) => [keys.frames(target), keys.late(target)]),
      some.map(({ upToId }) => upToId),
    );
    calls.push(reply.then((heads) => some.map((_, index) => headsOf(heads, index))));
  }
  return (await Promise.all(calls)).flat();
}

function headsOf(reply: unknown, index: number): FrameHead[] {
  const heads: unknown = Array.isArray(reply) ? reply[index] : undefined;
  if (!Array.isArray(heads)) return [];
  const found = (heads as unknown[]).flatMap((head) => {
    const [id, bytes] = Array.isArray(head) ? (head as unknown[]) : [];
    return Buffer.isBuffer(id) && Buffer.isBuffer(bytes) ? [{ id: id.toString('latin1'), bytes }] : [];
  });
  return found.sort((left, right) => slotOfEntryId(right.id) - slotOfEntryId(left.id) || (left.id < right.id ? 1 : -1));
}
