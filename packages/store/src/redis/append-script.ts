import { defineScript } from './script.ts';

/** What became of one frame of an append. */
export const APPEND_REPLY = {
  /** A check (an append without a frame) found the stream as expected. */
  asExpected: 0,
  written: 1,
  /** The very same bytes are there already: an append whose reply was lost. */
  repeated: 2,
  /** The slot holds another frame. */
  doubled: 3,
  /** The stream does not end where the frame's writer thinks; nothing was written. */
  mismatch: 4,
  late: 5,
  /** Older than the retention. */
  expired: 6,
  /** Redis refused the command within the script; the text follows. */
  error: 7,
} as const;

/**
 * Appends frames, each only if its stream ends as its writer thinks.
 *
 * KEYS: for each frame the stream and the sorted set of late frames, both of one target.
 * ARGV: for each frame
 *   1 its id, `<slot>-0`
 *   2 the id that the stream must end with; '' for any, with an independent frame
 *   3 the first 32 bytes of the frame that the stream must end with; '' for any
 *   4 '', or '<retention> <time to live>' in ms: then the stream is trimmed and lives on. Independent frames have it; they
 *     may also go beside the stream when they are late
 *   5 the frame; '' only compares
 * After a frame that was not written, later ones of the same stream that depend on it are not either.
 * Returns for each frame an integer of APPEND_REPLY, or an array of it and the id that the stream ends with (the text of
 * the error for `error`); for `doubled` also the head of the frame that the slot holds.
 */
export const APPEND_SCRIPT = defineScript(
  'append',
  `
local function parts(id)
  local dash = string.find(id, '-', 1, true)
  return tonumber(string.sub(id, 1, dash - 1)), tonumber(string.sub(id, dash + 1))
end
local function isAfter(id, other)
  if other == '' then return true end
  local slot, sequence = parts(id)
  local otherSlot, otherSequence = parts(other)
  return slot > otherSlot or (slot == otherSlot and sequence > otherSequence)
end
local function head(frame) return string.sub(frame, 1, 512) end
local function failed(reply) return type(reply) == 'table' and reply.err end

-- The frame that lies beside the stream under an id; a slot may have an end mark there, too.
local function heldBeside(late, id)
  local score = string.format('%.0f', (parts(id)))
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', late, score, score)) do
    if string.sub(member, 1, #id + 1) == id .. '|' then return string.sub(member, #id + 2) end
  end
end

local function beside(late, id, lastId, retention, ttl, frame)
  local slot = parts(id)
  local there = heldBeside(late, id)
  if there then
    if there == frame then return 2 end
    return {3, lastId, head(there)}
  end
  local oldest = parts(lastId) - retention
  if slot < oldest then return {6, lastId} end
  local added = redis.pcall('ZADD', late, string.format('%.0f', slot), id .. '|' .. frame)
  if failed(added) then return {7, added.err} end
  redis.call('PEXPIRE', late, ttl)
  redis.call('ZREMRANGEBYSCORE', late, '-inf', string.format('(%.0f', oldest))
  return {5, lastId}
end

local function fits(last, expected, mark)
  if not last then return expected == '' end
  return last[1] == expected and (mark == '' or string.sub(last[2][2], 1, 32) == mark)
end

local function append(stream, late, id, expected, mark, keep, frame)
  local found = redis.pcall('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  if found.err then return {7, found.err} end
  local last = found[1]
  local isAsExpected = fits(last, expected, mark)
  if isAsExpected and keep == '' and frame ~= '' then
    local added = redis.pcall('XADD', stream, id, 'f', frame)
    if not failed(added) then return 1 end
    if not string.find(added.err, 'equal or smaller', 1, true) then return {7, added.err} end
  end
  local lastId = last and last[1] or ''
  if frame == '' then
    if isAsExpected then return 0 end
    return {4, lastId}
  end
  local retention, ttl = string.match(keep, '(%d+) (%d+)')
  if isAfter(id, lastId) then
    if keep == '' or not (expected == '' or isAsExpected) then return {4, lastId} end
    local oldest = string.format('%.0f', math.max(parts(id) - retention, 0))
    local added = redis.pcall('XADD', stream, 'MINID', '~', oldest, id, 'f', frame)
    if not failed(added) then
      redis.call('PEXPIRE', stream, ttl)
      return 1
    end
    if not string.find(added.err, 'equal or smaller', 1, true) then return {7, added.err} end
    local info = redis.call('XINFO', 'STREAM', stream)
    for at = 1, #info, 2 do
      if info[at] == 'last-generated-id' then lastId = info[at + 1] end
    end
  end
  local same = last and last[1] == id and last or redis.call('XRANGE', stream, id, id)[1]
  if same then
    if same[2][2] == frame then return 2 end
    return {3, lastId, head(same[2][2])}
  end
  if keep ~= '' and expected == '' then return beside(late, id, lastId, tonumber(retention), ttl, frame) end
  local there = heldBeside(late, id)
  if there then return {3, lastId, head(there)} end
  return {4, lastId}
end

local replies = {}
local broken = {}
for i = 1, #KEYS / 2 do
  local stream, a = KEYS[i * 2 - 1], (i - 1) * 5
  local expected, keep = ARGV[a + 2], ARGV[a + 4]
  if broken[stream] and (keep == '' or expected ~= '') then
    replies[i] = {4, broken[stream]}
  else
    local reply = append(stream, KEYS[i * 2], ARGV[a + 1], expected, ARGV[a + 3], keep, ARGV[a + 5])
    replies[i] = reply
    broken[stream] = type(reply) == 'table' and reply[2] or nil
  end
end
return replies
`,
);
