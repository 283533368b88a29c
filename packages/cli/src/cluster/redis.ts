import { formatDuration, signalWithin } from '@pulsekeeper/model';
import { openStore, StoreError, type Store } from '@pulsekeeper/store';

import { CliError, messageOf } from '../errors.ts';
import { redact } from '../redact.ts';
import type { Settings } from '../settings/load-settings.ts';
import { cliLogger } from './cli-logger.ts';

/**
 * Connects to Redis, runs `use` with the store and closes it, whatever happens.
 *
 * @throws CliError `Unreachable`, one line that says what was tried, when Redis does not serve within the connect
 * timeout or goes away meanwhile; whatever `use` throws
 */
export async function withStore<T>(
  settings: Settings,
  signal: AbortSignal,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = open(settings);
  try {
    await store.start({ signal: signalWithin(settings.connectTimeoutMs, signal) });
    return await use(store);
  } catch (error) {
    throw error instanceof StoreError ? toStoreCliError(error, settings, store.health().lastError?.message) : error;
  } finally {
    await store.stop();
  }
}

function open(settings: Settings): Store {
  try {
    return openStore({
      url: settings.redis,
      keyPrefix: settings.keyPrefix,
      tls: settings.storeTls,
      sentinel: settings.storeSentinel,
      connectTimeoutMs: settings.connectTimeoutMs,
      commandTimeoutMs: settings.connectTimeoutMs,
      stopTimeoutMs: 0,
      logger: cliLogger(settings.logLevel),
    });
  } catch (error) {
    throw error instanceof StoreError ? toStoreCliError(error, settings, undefined) : error;
  }
}

/** The error in words for the person at the terminal: what was tried, where that address came from, what to do. */
export function toStoreCliError(error: StoreError, settings: Settings, lastError: string | undefined): CliError {
  const where = `Redis at ${redact(settings.redis)} (from ${settings.sources.redis})`;
  if (error.code === 'InvalidOption') {
    return new CliError('Usage', `${settings.sources.redis}: ${redact(messageOf(error))}`, { cause: error });
  }
  if (error.retryable || error.code === 'Aborted' || error.code === 'Refused') {
    const waited = formatDuration(settings.connectTimeoutMs);
    // After the deadline the store says only that it was aborted; what it met before says more.
    const why = error.code === 'Aborted' && lastError !== undefined ? lastError : messageOf(error);
    const hint = 'is it running there? --redis or PULSEKEEPER_REDIS says where it is';
    const message =
      error.code === 'Refused'
        ? `${where} refused: ${why}`
        : `${where} could not be reached within ${waited}: ${why}; ${hint}`;
    return new CliError('Unreachable', redact(message), { cause: error });
  }
  return new CliError('Refused', redact(`${where}: ${messageOf(error)}`), { cause: error });
}
