import { FRAME_HEAD_BYTES } from '../codec/frame-header.ts';
import { defineScript } from '../redis/script.ts';

const LATE = 128;
/** In place of the length of an id: all of a target has been told. */
const END = 0;
/** The same for a target of whose keys one is of another type. */
const END_OF_DAMAGED = 1;

/**
 * Reads the heads of the frames of many targets, as one text.
 *
 * KEYS: for each target its stream and its late frames. ARGV: 1 and 2 first and last slot wanted; 3 the slot up to which the newest
 * frame is told, too, '' for none; 4 the id to go on after in the stream of the first target, '' to begin; 5 after so many frames it
 * stops.
 * Returns how many targets were told to their end, the id to go on after in the one that follows, and for each frame the length of
 * its id (${LATE} more for a late one), that of its head, id and head; behind each target ${END}, or ${END_OF_DAMAGED} when a key is of
 * another type, which counts as empty. Late frames come before those of the stream.
 */
export const HEAD_SCRIPT = defineScript(
  'heads',
  `
local wrong, failure = false, nil
local function read(...)
  local reply = redis.pcall(...)
  if not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then wrong = true else failure = reply end
  return {}
end

local out, size, count = {}, 0, 0
local function tell(id, frame, late)
  local head = string.sub(frame, 1, ${FRAME_HEAD_BYTES})
  out[size + 1] = string.char(#id + late, #head)
  out[size + 2] = id
  out[size + 3] = head
  size = size + 3
  count = count + 1
end
local function tellLate(members)
  for _, member in ipairs(members) do
    local id, head = string.match(member, '^(%d+%-%d+)|(.*)$')
    if id and #id < ${LATE} then tell(id, head, ${LATE}) end
  end
end

local first, last, before, after, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local told = 0
for i = 1, #KEYS / 2 do
  local stream, late = KEYS[i * 2 - 1], KEYS[i * 2]
  wrong = false
  if after == '' then
    if before ~= '' then
      local newest = read('XREVRANGE', stream, before, '-', 'COUNT', 1)[1]
      local slot = newest and string.match(newest[1], '^%d+') or '-inf'
      local members = read('ZRANGEBYSCORE', late, slot, before)
      local latest = members[#members]
      -- Of one slot an end mark comes after a frame.
      local id = latest and string.match(latest, '^%d+%-%d+')
      local isOlder = newest and id and string.match(id, '^%d+') == slot and id <= newest[1]
      if latest and not isOlder then tellLate({latest}) end
      if newest then tell(newest[1], newest[2][2], 0) end
    end
    tellLate(read('ZRANGEBYSCORE', late, first, last))
  end
  local step = math.max(1, most - count)
  local entries = read('XRANGE', stream, after == '' and first or '(' .. after, last, 'COUNT', step)
  for _, entry in ipairs(entries) do tell(entry[1], entry[2][2], 0) end
  if #entries == step then
    after = entries[step][1]
    break
  end
  after = ''
  size = size + 1
  out[size] = string.char(wrong and ${END_OF_DAMAGED} or ${END})
  told = told + 1
end
if failure then return failure end
return {told, after, table.concat(out)}
`,
);

/** The head of a frame, or the end of a target. */
export type ToldHead =
  | { readonly slotMs: number; readonly isEnd: boolean; readonly isLate: boolean; readonly head: Buffer }
  | { readonly isDamaged: boolean };

/** Takes the text of a reply of {@link HEAD_SCRIPT} apart. */
export function* toldHeads(text: Buffer): Generator<ToldHead> {
  for (let at = 0; at < text.length;) {
    const idLength = text[at++] ?? 0;
    if (idLength === END || idLength === END_OF_DAMAGED) {
      yield { isDamaged: idLength === END_OF_DAMAGED };
      continue;
    }
    const isLate = idLength >= LATE;
    const idFrom = at + 1;
    const headFrom = idFrom + (isLate ? idLength - LATE : idLength);
    const headTo = headFrom + (text[at] ?? 0);
    const id = text.toString('latin1', idFrom, headFrom);
    const dash = id.indexOf('-');
    const head = text.subarray(headFrom, headTo);
    yield { slotMs: Number(id.slice(0, dash)), isEnd: id.slice(dash + 1) === '1', isLate, head };
    at = headTo;
  }
}
