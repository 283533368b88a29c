import { defineScript } from './script.ts';

/**
 * Keeps a schema for at least a time to live.
 *
 * KEYS: the schema. ARGV: 1 time to live, ms; 2 its bytes, '' to renew it only if it is there.
 * Returns 1 when it is there afterwards, 0 when it has to be sent.
 */
export const KEEP_SCHEMA_SCRIPT = defineScript(
  'keep-schema',
  `
local left = redis.call('PTTL', KEYS[1])
if left == -2 then
  if ARGV[2] == '' then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
elseif left >= 0 and left < tonumber(ARGV[1]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
`,
);

/**
 * Enters targets and schemas into the index, merges the schemas of a target that is there, and removes what has ended.
 *
 * KEYS: targets, schemas, expiry. ARGV: 1 now, Unix ms; 2 number of targets; then for each target its id, its entry as
 * JSON and the time it ends; then for each schema its id, its summary and the time it ends.
 */
export const REGISTER_SCRIPT = defineScript(
  'register',
  `
local now, targets = tonumber(ARGV[1]), tonumber(ARGV[2])
local function keep(member, ends)
  local known = redis.call('ZSCORE', KEYS[3], member)
  if not known or tonumber(known) < tonumber(ends) then redis.call('ZADD', KEYS[3], ends, member) end
end
local at = 3
for i = 1, targets do
  local id, text, ends = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  at = at + 3
  local known = redis.call('HGET', KEYS[1], id)
  if known then
    local ok, before = pcall(cjson.decode, known)
    if ok and type(before) == 'table' and type(before.schemas) == 'table' then
      local entry = cjson.decode(text)
      for schema, used in pairs(before.schemas) do
        if not entry.schemas[schema] and used + entry.retentionMs > now then entry.schemas[schema] = used end
      end
      text = cjson.encode(entry)
    end
  end
  redis.call('HSET', KEYS[1], id, text)
  keep('t' .. id, ends)
end
while at + 2 <= #ARGV do
  redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1])
  keep('s' .. ARGV[at], ARGV[at + 2])
  at = at + 3
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 200)) do
  redis.call('HDEL', string.sub(member, 1, 1) == 't' and KEYS[1] or KEYS[2], string.sub(member, 2))
  redis.call('ZREM', KEYS[3], member)
end
local last = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
if last then
  for i = 1, 3 do redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', tonumber(last) + 1000)) end
end
return 1
`,
);

/**
 * Keeps a collector's heartbeat for a while and removes those that ended.
 *
 * KEYS: collectors, their expiry. ARGV: 1 now, Unix ms; 2 the collector; 3 its status as JSON; 4 the time it ends.
 */
export const HEARTBEAT_SCRIPT = defineScript(
  'heartbeat',
  `
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
if last then
  for i = 1, 2 do redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', tonumber(last) + 1000)) end
end
return 1
`,
);
