import { defineScript } from '../redis/script.ts';

/**
 * Makes sure of a time series and its compactions: creates what is not there, and brings what is there up to date.
 *
 * KEYS: the series, then the destinations of its rules.
 * ARGV: 1 `create`; or `alter` to bring retention, labels and further rules of a series that is there up to date; or `update`,
 *   which also ends its rules that are not named, where they lead to compactions of ours
 *   2 and 3 retention and time to live of the series, ms; 4 chunk size, bytes; 5 number of the arguments that follow;
 *   6 … names and values of labels; then for each destination: aggregator, bucket, retention, time to live, ms.
 * A destination has the labels of its series, and `pulsekeeper_aggregation` and `pulsekeeper_bucket`.
 * Returns 1 when the series was created, 0 when it was there; else the text of an error.
 */
export const ENSURE_SERIES_SCRIPT = defineScript(
  'ensure-series',
  `
local function failed(reply) return type(reply) == 'table' and reply.err end
local function has(text, part) return string.find(text, part, 1, true) end

local function ensure(key, retention, ttl, policy, labels)
  local made = redis.pcall('TS.CREATE', key, 'RETENTION', retention, 'ENCODING', 'COMPRESSED', 'CHUNK_SIZE', ARGV[4],
    'DUPLICATE_POLICY', policy, 'LABELS', unpack(labels))
  local isNew = not failed(made)
  if not isNew then
    if not has(made.err, 'already exists') then return made.err end
    if redis.call('TYPE', key).ok ~= 'TSDB-TYPE' then return 'WRONGTYPE ' .. key .. ' is no time series' end
    if ARGV[1] ~= 'create' then
      local altered = redis.pcall('TS.ALTER', key, 'RETENTION', retention, 'LABELS', unpack(labels))
      if failed(altered) then return altered.err end
    end
  end
  redis.call('PEXPIRE', key, ttl)
  return isNew and 1 or 0
end

-- Rules of the series by destination, as TS.INFO tells them.
local function rulesOf(key)
  local rules = {}
  local info = redis.call('TS.INFO', key)
  for at = 1, #info - 1, 2 do
    local name = type(info[at]) == 'table' and info[at].ok or info[at]
    if name == 'rules' then
      for _, rule in ipairs(info[at + 1]) do
        local destination = type(rule[1]) == 'table' and rule[1].ok or rule[1]
        rules[destination] = true
      end
    end
  end
  return rules
end

local count = tonumber(ARGV[5])
local labels = {}
for i = 1, count do labels[i] = ARGV[5 + i] end
local state = ensure(KEYS[1], ARGV[2], ARGV[3], 'FIRST', labels)
if type(state) == 'string' then return state end

local rules = (#KEYS > 1 or ARGV[1] == 'update') and state == 0 and rulesOf(KEYS[1]) or {}
local at = 5 + count
for i = 2, #KEYS do
  local aggregator, bucket, retention, ttl = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  at = at + 4
  labels[count + 1], labels[count + 2] = 'pulsekeeper_aggregation', aggregator
  labels[count + 3], labels[count + 4] = 'pulsekeeper_bucket', bucket
  local made = ensure(KEYS[i], retention, ttl, 'LAST', labels)
  if type(made) == 'string' then return made end
  if not rules[KEYS[i]] then
    local ruled = redis.pcall('TS.CREATERULE', KEYS[1], KEYS[i], 'AGGREGATION', aggregator, bucket)
    if failed(ruled) and not has(ruled.err, 'already has') then return ruled.err end
  end
  rules[KEYS[i]] = nil
end
if ARGV[1] == 'update' then
  -- Those that others have made lead elsewhere, and stay.
  local own = KEYS[1] .. '='
  for destination in pairs(rules) do
    if string.sub(destination, 1, #own) == own then redis.pcall('TS.DELETERULE', KEYS[1], destination) end
  end
end
return state
`,
);

/** Renews keys. KEYS: the keys. ARGV: 1 time to live, ms. Returns the places of those that are not there, from 1. */
export const RENEW_SCRIPT = defineScript(
  'renew',
  `
local missing = {}
for i = 1, #KEYS do
  if redis.call('PEXPIRE', KEYS[i], ARGV[1]) == 0 then missing[#missing + 1] = i end
end
return missing
`,
);
