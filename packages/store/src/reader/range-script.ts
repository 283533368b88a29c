import { defineScript } from '../redis/script.ts';

/**
 * Reads a range of a target's frames in one reply of a few large strings, which a client takes apart in a fraction of the
 * time that it needs for as many nested arrays.
 *
 * KEYS: stream, late frames. ARGV: 1 and 2 first and last slot wanted; 3 id to go on after, '' to begin; 4 most entries;
 * 5 bytes after which no more entries are taken.
 * To begin, the entry at or before the first slot is looked at: its header tells how far back its key frame is, and the
 * range starts there. Late frames come with the first page.
 * Returns the packed entries, the id to go on after ('' at the end), the packed late frames, and what is wrong with the keys
 * ('' for nothing): one of another type counts as empty. Nothing in a frame or a late member makes it fail. An entry is packed as the
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
  if #frame < 2 then return 0 end
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

local wrong, failure = '', nil
local function read(...)
  local reply = redis.pcall(...)
  if not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then wrong = reply.err else failure = reply end
  return {}
end

local first = '(' .. ARGV[3]
local late = {}
if ARGV[3] == '' then
  first = ARGV[1]
  local before = read('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', 1)[1]
  if before then
    local start = slotOf(before[1]) - backToKey(before[2][2])
    if start > 0 then first = string.format('%.0f', start) else first = '0' end
  end
  for _, member in ipairs(read('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[2])) do
    local id, frame = string.match(member, '^(%d+%-%d+)|(.*)$')
    if id then pack(late, id, frame) end
  end
end

-- A few entries tell how large they are; as many as fit follow.
local packed, after, bytes, count = {}, '', 0, 0
local most, mostBytes, step = tonumber(ARGV[4]), tonumber(ARGV[5]), 4
repeat
  local entries = read('XRANGE', KEYS[1], first, ARGV[2], 'COUNT', step)
  for _, entry in ipairs(entries) do
    pack(packed, entry[1], entry[2][2])
    bytes = bytes + #entry[2][2]
  end
  count = count + #entries
  after = #entries == step and entries[step][1] or ''
  first = '(' .. after
  step = math.min(most - count, math.max(1, math.floor((mostBytes - bytes) * count / math.max(bytes, 1))))
until after == '' or count >= most or bytes >= mostBytes
if failure then return failure end
return {table.concat(packed), after, table.concat(late), wrong}
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
