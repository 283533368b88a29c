import { defineScript } from '../redis/script.ts';

/**
 * Reads a range of a target's frames in one reply of a few large strings, which a client takes apart in a fraction of the
 * time that it needs for as many nested arrays.
 *
 * KEYS: stream, late frames. ARGV: 1 and 2 first and last slot wanted; 3 id to go on after, '' to begin; 4 most entries.
 * To begin, the entry at or before the first slot is looked at: its header tells how far back its key frame is, and the
 * range starts there. Late frames come with the first page.
 * Returns the packed entries, the id to go on after ('' at the end), and the packed late frames. An entry is packed as the
 * slot (double), the length of the frame (4 bytes), the second part of the id (1 byte), all little-endian, and the frame.
 */
export const RANGE_SCRIPT = defineScript(
  'range',
  `
local function varint(text, at)
  local value, scale = 0, 1
  while true do
    local byte = string.byte(text, at)
    if not byte then return 0, at end
    at = at + 1
    value = value + (byte % 128) * scale
    if byte < 128 then return value, at end
    scale = scale * 128
  end
end

local function slotOf(id) return tonumber(string.match(id, '^%d+')) end

-- How many milliseconds before this frame its key frame is: the fields of the header up to the distance.
local function backToKey(frame)
  local kind = string.byte(frame, 1) % 16
  if kind ~= 2 and kind ~= 3 then return 0 end
  local interval, distance, skipped
  local at = 3
  interval, at = varint(frame, at)
  if string.byte(frame, 2) % 2 == 1 then skipped, at = varint(frame, at) end
  distance = varint(frame, at)
  return distance * interval
end

local function pack(packed, id, frame)
  local sequence = tonumber(string.match(id, '%d+$'))
  packed[#packed + 1] = struct.pack('<dI4B', slotOf(id), #frame, sequence)
  packed[#packed + 1] = frame
end

local first = '(' .. ARGV[3]
local late = {}
if ARGV[3] == '' then
  first = ARGV[1]
  local before = redis.call('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', 1)[1]
  if before then
    local start = slotOf(before[1]) - backToKey(before[2][2])
    first = string.format('%.0f', math.max(start, 0))
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[2])) do
    local bar = string.find(member, '|', 1, true)
    pack(late, string.sub(member, 1, bar - 1), string.sub(member, bar + 1))
  end
end
local packed, after = {}, ''
local entries = redis.call('XRANGE', KEYS[1], first, ARGV[2], 'COUNT', ARGV[4])
for _, entry in ipairs(entries) do pack(packed, entry[1], entry[2][2]) end
if #entries == tonumber(ARGV[4]) then after = entries[#entries][1] end
return {table.concat(packed), after, table.concat(late)}
`,
);

/** An entry of a stream, or a late frame. */
export interface PackedEntry {
  readonly slotMs: number;
  readonly isEnd: boolean;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 13;

/** Takes packed entries apart; the frames are views. */
export function unpackEntries(packed: unknown): PackedEntry[] {
  if (!Buffer.isBuffer(packed)) return [];
  const entries: PackedEntry[] = [];
  for (let at = 0; at + HEADER_BYTES <= packed.length;) {
    const slotMs = packed.readDoubleLE(at);
    const start = at + HEADER_BYTES;
    const end = start + packed.readUInt32LE(at + 8);
    entries.push({ slotMs, isEnd: packed[at + 12] === 1, bytes: packed.subarray(start, end) });
    at = end;
  }
  return entries;
}
