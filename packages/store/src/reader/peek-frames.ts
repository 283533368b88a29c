import type { TargetId } from '@pulsekeeper/model';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { defineScript } from '../redis/script.ts';

const STREAMS_PER_CALL = 256;
/** Enough for a header with a long failure message and a long name; the columns are not needed. */
const HEAD_BYTES = 2048;

/** KEYS: streams. ARGV: for each the id to look from, backwards. Returns for each up to two entries: id, head of frame. */
const PEEK_SCRIPT = defineScript(
  'peek',
  `
local heads = {}
for i = 1, #KEYS do
  heads[i] = {}
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[i], ARGV[i], '-', 'COUNT', 2)) do
    table.insert(heads[i], {entry[1], string.sub(entry[2][2], 1, ${HEAD_BYTES})})
  end
end
return heads
`,
);

export interface FrameHead {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The heads of the one or two newest frames of each target up to an entry's id, the newest first. @throws StoreError */
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
      some.map(({ target }) => keys.frames(target)),
      some.map(({ upToId }) => upToId),
    );
    calls.push(reply.then((heads) => some.map((_, index) => headsOf(heads, index))));
  }
  return (await Promise.all(calls)).flat();
}

function headsOf(reply: unknown, index: number): FrameHead[] {
  const heads: unknown = Array.isArray(reply) ? reply[index] : undefined;
  if (!Array.isArray(heads)) return [];
  return (heads as unknown[]).flatMap((head) => {
    const [id, bytes] = Array.isArray(head) ? (head as unknown[]) : [];
    return Buffer.isBuffer(id) && Buffer.isBuffer(bytes) ? [{ id: id.toString('latin1'), bytes }] : [];
  });
}
