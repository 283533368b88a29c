/**
 * Why the server that printed this for `--version` is too old, and what to do about it; `undefined` when it is not, or
 * where the text is not understood: then the server may try. Streams are trimmed by age since Redis 6.2; every Valkey can.
 *
 * @param {string} output such as `Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64`
 * @returns {string | undefined}
 */
export function tooOldRedis(output) {
  const [, version, major, minor] = /^Redis server v=((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === undefined || Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2)) return undefined;
  return [
    `Redis ${version}; streams are trimmed by age only since 6.2, as in Debian 12 and Ubuntu 24.04.`,
    '  another server here: set PULSEKEEPER_REDIS_SERVER to the path of a redis-server of 6.2 or later, or of a valkey-server',
    '  a server elsewhere:  set PULSEKEEPER_REDIS=redis://host:port for npm start',
    '  with Docker instead: docker compose up --wait',
  ].join('\n');
}
