import { silentLogger, systemClock } from '@pulsekeeper/model';
import { registerCleanup } from '@pulsekeeper/test-support';
import { randomBytes } from 'node:crypto';
import type { Store, StoreOptions } from '../../../src/index.ts';
import { RedisConnection } from '../../../src/redis/redis-connection.ts';
import { parseRedisUrl } from '../../../src/redis/redis-url.ts';
import { startStore } from '../store-support.ts';

/** A prefix that no other run has: the server may be one that outlives the tests. */
export function newPrefix(): string {
  return `pulsekeeper-test-${randomBytes(6).toString('hex')}`;
}

/** A started store that writes time series. */
export function startTimeseriesStore(url: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return startStore({ url, driver: 'timeseries', collector: 'c1', ...options });
}

/** Sends commands as an operator would. Texts of replies come as strings, errors are thrown. */
export async function connectTo(url: string): Promise<(command: string, ...args: string[]) => Promise<unknown>> {
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
  return async (command, ...args) => plain(await connection.callAt(args[0] ?? '', command, ...args));
}

function plain(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(plain) : reply;
}
