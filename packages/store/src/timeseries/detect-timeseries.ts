import { StoreError } from '../errors.ts';
import { parseInfo } from '../redis/inspect-server.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';

/** What a server has of the time-series commands. */
export interface TimeseriesSupport {
  /** Of Redis or Valkey. */
  readonly serverVersion: string;
  readonly hasCommands: boolean;
  /** Of the module, `8.0.5`, where the server tells it. */
  readonly moduleVersion: string | undefined;
}

/** Asks every primary. @throws StoreError */
export async function detectTimeseries(connection: RedisConnection): Promise<TimeseriesSupport[]> {
  return connection.onPrimaries(async (call) => {
    const info = parseInfo(String(await call('INFO', 'server')));
    const modules = String(await call('INFO', 'modules'));
    return {
      serverVersion: `${info.has('valkey_version') ? 'Valkey' : 'Redis'} ${info.get('valkey_version') ?? info.get('redis_version') ?? 'of unknown version'}`,
      hasCommands: await hasCommand(call, 'TS.MADD'),
      moduleVersion: moduleVersionOf(modules),
    };
  });
}

/**
 * Makes sure that time series can be written and read.
 *
 * @param why - the setting that needs them, for the message
 * @throws StoreError `Refused` with the server's version and what to do
 */
export async function requireTimeseries(connection: RedisConnection, why: string): Promise<void> {
  for (const { hasCommands, serverVersion } of await detectTimeseries(connection)) {
    if (hasCommands) continue;
    throw new StoreError(
      'Refused',
      `${serverVersion} has no TS.* commands, which ${why} needs: use Redis 8 or later, or Redis Stack, or load the ` +
        'RedisTimeSeries module; or keep samples in streams (PULSEKEEPER_STORE=stream), which every Redis from 6.2 on can',
    );
  }
}

/** `80005` → `8.0.5`. */
export function moduleVersionOf(info: string): string | undefined {
  const match = /^module:name=timeseries,ver=(\d+)/m.exec(info);
  if (match === null) return undefined;
  const number = Number(match[1]);
  return `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`;
}

async function hasCommand(
  call: (command: string, ...args: string[]) => Promise<unknown>,
  name: string,
): Promise<boolean> {
  try {
    const reply = await call('COMMAND', 'INFO', name);
    return !Array.isArray(reply) || Array.isArray(reply[0]);
  } catch {
    // A user without permission for COMMAND learns it from the first write.
    return true;
  }
}
