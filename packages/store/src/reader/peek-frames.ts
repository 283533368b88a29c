import type { TargetId } from '@pulsekeeper/model';
import { COLLECTOR_FLAG, FAILURE_FLAG, FRAME_HEAD_BYTES, FRAME_KIND } from '../codec/frame-header.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import { LENIENT_READ } from '../redis/lenient-read.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { defineScript } from '../redis/script.ts';

const STREAMS_PER_CALL = 256;
/** Enough for a header with a long failure message and a long name; the columns are not needed. */
const HEAD_BYTES = 2048;

/**
 * KEYS: for each target its stream and its late frames. ARGV: for each target the id to look from, backwards; `+` for the
 * newest, late ones among them; then how many of a stream at least, and whether the name of the collector is wanted (1).
 * Returns one text: for each frame the length of its id (1 byte), that of its head (2), id and head; behind each target a 0.
 * The mark of an end is told together with what is before it. A key of another type counts as empty.
 */
const PEEK_SCRIPT = defineScript(
  'peek',
  `
${LENIENT_READ}

local most, named = tonumber(ARGV[#ARGV - 1]), ARGV[#ARGV] == '1'
local out, size = {}, 0
local function tell(id, frame)
  -- Only texts make a header long.
  local flags = string.byte(frame, 2) or 0
  local long = flags % ${FAILURE_FLAG * 2} >= ${FAILURE_FLAG} or (named and flags % ${COLLECTOR_FLAG * 2} >= ${COLLECTOR_FLAG})
  local head = string.sub(frame, 1, long and ${HEAD_BYTES} or ${FRAME_HEAD_BYTES})
  out[size + 1] = string.char(#id, math.floor(#head / 256), #head % 256)
  out[size + 2] = id
  out[size + 3] = head
  size = size + 3
end
local function isEnd(frame)
  return (string.byte(frame, 1) or 0) % 16 == ${FRAME_KIND.end}
end
for i = 1, #KEYS / 2 do
  local stream = KEYS[i * 2 - 1]
  local entries = read('XREVRANGE', stream, ARGV[i], '-', 'COUNT', most)
  if #entries == 1 and most == 1 and isEnd(entries[1][2][2]) then
    entries = read('XREVRANGE', stream, ARGV[i], '-', 'COUNT', 2)
  end
  for _, entry in ipairs(entries) do tell(entry[1], entry[2][2]) end
  if ARGV[i] == '+' then
    for _, member in ipairs(read('ZREVRANGE', KEYS[i * 2], 0, 1)) do
      local id, frame = string.match(member, '^(%d+%-%d+)|(.*)$')
      if id and #id < 256 then tell(id, frame) end
    end
  end
  size = size + 1
  out[size] = string.char(0)
end
if failure then return failure end
return table.concat(out)
`,
);

/** Which frames are looked at, and how much of them. */
export interface Peek {
  readonly targets: readonly { readonly target: TargetId; readonly upToId: string }[];
  /** How many frames of a stream at least. */
  readonly count: 1 | 2;
  /** Whether heads reach as far as the name of the collector. */
  readonly withCollector: boolean;
}

/** The begin of a frame, as far as its header without the lists of series. */
export interface FrameHead {
  readonly slotMs: number;
  /** Behind the dash of the entry's id. */
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** The heads of the newest few frames of each target up to an entry's id, the newest first. @throws StoreError */
export async function peekFrames(
  connection: RedisConnection,
  keys: KeyLayout,
  { targets, count, withCollector }: Peek,
): Promise<FrameHead[][]> {
  const perCall = connection.isCluster ? 1 : STREAMS_PER_CALL;
  const calls: Promise<FrameHead[][]>[] = [];
  for (let at = 0; at < targets.length; at += perCall) {
    const some = targets.slice(at, at + perCall);
    const reply = connection.run(
      PEEK_SCRIPT,
      some.flatMap(({ target }) => [keys.frames(target), keys.late(target)]),
      [...some.map(({ upToId }) => upToId), count, withCollector ? 1 : 0],
    );
    calls.push(reply.then((text) => headsOf(text, some.length)));
  }
  return (await Promise.all(calls)).flat();
}

const LENGTHS_BYTES = 3;

function headsOf(text: unknown, targetCount: number): FrameHead[][] {
  if (!Buffer.isBuffer(text)) throw new TypeError('the script that peeks at frames answers in another form');
  const told: FrameHead[][] = [];
  let heads: FrameHead[] = [];
  for (let at = 0; at < text.length;) {
    const idLength = text[at] ?? 0;
    if (idLength === 0) {
      told.push(heads.length > 1 ? heads.sort(compareNewestFirst) : heads);
      heads = [];
      at += 1;
      continue;
    }
    const idFrom = at + LENGTHS_BYTES;
    const headFrom = idFrom + idLength;
    const headTo = headFrom + text.readUInt16BE(at + 1);
    heads.push({ ...readEntryId(text, idFrom, headFrom), bytes: text.subarray(headFrom, headTo) });
    at = headTo;
  }
  if (told.length !== targetCount) throw new TypeError(`of ${targetCount} targets ${told.length} were told`);
  return told;
}

/** Reads `slot-sequence` without making a text of it. */
function readEntryId(text: Buffer, from: number, to: number): { slotMs: number; sequence: number } {
  let [slotMs, at] = [0, from];
  for (; at < to && text[at] !== DASH; at += 1) slotMs = slotMs * 10 + (text[at] ?? 0) - DIGIT_0;
  let sequence = 0;
  for (at += 1; at < to; at += 1) sequence = sequence * 10 + (text[at] ?? 0) - DIGIT_0;
  return { slotMs, sequence };
}

const DASH = 45;
const DIGIT_0 = 48;

function compareNewestFirst(left: FrameHead, right: FrameHead): number {
  return right.slotMs - left.slotMs || right.sequence - left.sequence;
}
