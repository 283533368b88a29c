import { randomBytes } from 'node:crypto';
import type { Store, StoreOptions } from '../../../src/index.ts';
import { openConnection } from '../open-connection.ts';
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
  const connection = await openConnection(url);
  return async (command, ...args) => plain(await connection.callAt(args[0] ?? '', command, ...args));
}

function plain(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(plain) : reply;
}
