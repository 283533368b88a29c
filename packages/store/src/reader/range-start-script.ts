import { defineScript } from '../redis/script.ts';

/**
 * Tells where a range of a target's frames has to be read from, and gives the late frames of it. The frames of the stream follow by
 * `XRANGE`: through a script they cost Redis four times as much.
 *
 * KEYS: stream, late frames. ARGV: 1 and 2 first and last slot wanted.
 * The entry at or before the first slot is looked at: its header tells how far back its key frame is, and the range starts there.
 * Returns the id to read from ('' when the stream has nothing up to the last slot), the bytes of the larger of the frames at both
 * ends, the ids of the late frames, separated by spaces, what is wrong with the keys ('' for nothing): one of another type counts
 * as empty; then the late frames as an array. Nothing in a frame or a late member makes it fail.
 */
export const RANGE_START_SCRIPT = defineScript(
  'range-start',
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

local wrong, failure = '', nil
local function read(...)
  local reply = redis.pcall(...)
  if not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then wrong = reply.err else failure = reply end
  return {}
end

local start, bytes = '', 0
local last = read('XREVRANGE', KEYS[1], ARGV[2], '-', 'COUNT', 1)[1]
if last then
  start, bytes = ARGV[1], #last[2][2]
  local before = read('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', 1)[1]
  if before then
    bytes = math.max(bytes, #before[2][2])
    start = string.format('%.0f', math.max(0, slotOf(before[1]) - backToKey(before[2][2])))
  end
end

local lateIds, lateFrames = {}, {}
for _, member in ipairs(read('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[2])) do
  local id, frame = string.match(member, '^(%d+%-%d+)|(.*)$')
  if id then
    lateIds[#lateIds + 1] = id
    lateFrames[#lateFrames + 1] = frame
  end
end
if failure then return failure end
return {start, bytes, table.concat(lateIds, ' '), wrong, lateFrames}
`,
);
