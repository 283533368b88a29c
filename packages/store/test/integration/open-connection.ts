import { silentLogger, systemClock } from '@pulsekeeper/model';
import { registerCleanup } from '@pulsekeeper/test-support';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { parseRedisUrl } from '../../src/redis/redis-url.ts';

/** A connection of the store's own kind that is ready; closed at the end of the test. */
export async function openConnection(url: string): Promise<RedisConnection> {
  const connection = new RedisConnection({
    location: parseRedisUrl(url),
    name: 'test',
    commandTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    random: Math.random,
    clock: systemClock,
    logger: silentLogger,
  });
  registerCleanup({
    name: 'test connection',
    run: () => {
      connection.close();
      return Promise.resolve();
    },
  });
  connection.open();
  await connection.untilReady(5_000);
  return connection;
}
