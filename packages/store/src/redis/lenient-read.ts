/**
 * Lua for scripts that read the keys of many targets: `read(command, …)` gives the reply, nothing for a key of another type, and
 * leaves any other error in `failure`, which the script returns at its end.
 */
export const LENIENT_READ = `
local failure
local function read(...)
  local reply = redis.pcall(...)
  if not reply.err then return reply end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then failure = reply end
  return {}
end
`.trim();
