import { type Clock, type Logger, type Matcher, silentLogger, systemClock } from '@pulsekeeper/model';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { StoreError } from './errors.ts';
import type { SentinelCredentials, StoreOptions } from './store-options.ts';
import type { StoreDriver } from './timeseries/driver-reader.ts';

/** What {@link StoreOptions} leave open. */
export const DEFAULT_STORE_OPTIONS = {
  keyPrefix: 'pulsekeeper',
  timeseries: { chunkBytes: 256, mirror: [] },
  collector: '',
  retentionMs: 86_400_000,
  bufferBytes: 268_435_456,
  rewriteWindowMs: 60_000,
  rewriteBytes: 134_217_728,
  keyFrameSlots: 120,
  commandTimeoutMs: 2_000,
  connectTimeoutMs: 5_000,
  ack: { replicas: 0, timeoutMs: 1_000 },
  drainFramesPerSecond: 20_000,
  lingerMs: 0,
  stopTimeoutMs: 5_000,
} as const;

/** Options with nothing left open. */
export interface NormalStoreOptions {
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  readonly sentinel: SentinelCredentials | undefined;
  readonly keyPrefix: string;
  readonly driver: StoreDriver | undefined;
  readonly timeseries: {
    readonly chunkBytes: number;
    readonly mirror: readonly (readonly Matcher[])[];
  };
  readonly collector: string;
  readonly retentionMs: number;
  readonly bufferBytes: number;
  readonly rewriteWindowMs: number;
  readonly rewriteBytes: number;
  readonly keyFrameSlots: number;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly ack: { readonly replicas: number; readonly timeoutMs: number };
  readonly drainFramesPerSecond: number;
  readonly lingerMs: number;
  readonly spillPath: string | undefined;
  readonly stopTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws StoreError with code `InvalidOption` */
export function normalizeOptions(options: StoreOptions): NormalStoreOptions {
  const defaults = DEFAULT_STORE_OPTIONS;
  const normal: NormalStoreOptions = {
    url: options.url,
    tls: options.tls,
    sentinel: options.sentinel,
    keyPrefix: options.keyPrefix ?? defaults.keyPrefix,
    driver: options.driver,
    timeseries: {
      chunkBytes: options.timeseries?.chunkBytes ?? defaults.timeseries.chunkBytes,
      mirror: options.timeseries?.mirror ?? defaults.timeseries.mirror,
    },
    collector: options.collector ?? defaults.collector,
    retentionMs: options.retentionMs ?? defaults.retentionMs,
    bufferBytes: options.bufferBytes ?? defaults.bufferBytes,
    rewriteWindowMs: options.rewriteWindowMs ?? defaults.rewriteWindowMs,
    rewriteBytes: options.rewriteBytes ?? defaults.rewriteBytes,
    keyFrameSlots: options.keyFrameSlots ?? defaults.keyFrameSlots,
    commandTimeoutMs: options.commandTimeoutMs ?? defaults.commandTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs ?? defaults.connectTimeoutMs,
    ack: {
      replicas: options.ack?.replicas ?? defaults.ack.replicas,
      timeoutMs: options.ack?.timeoutMs ?? defaults.ack.timeoutMs,
    },
    drainFramesPerSecond: options.drainFramesPerSecond ?? defaults.drainFramesPerSecond,
    lingerMs: options.lingerMs ?? defaults.lingerMs,
    spillPath: options.spillPath,
    stopTimeoutMs: options.stopTimeoutMs ?? defaults.stopTimeoutMs,
    logger: (options.logger ?? silentLogger).child({ component: 'store' }),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  for (const [name, least, most] of BOUNDS) {
    const value = normal[name];
    if (!(value >= least && value <= most)) {
      throw new StoreError('InvalidOption', `${name} must be from ${least} to ${most}, got ${value}`);
    }
  }
  const { ack, commandTimeoutMs, url } = normal;
  const { chunkBytes, mirror } = normal.timeseries;
  if (!(chunkBytes >= 48 && chunkBytes <= 1_048_576 && chunkBytes % 8 === 0)) {
    throw new StoreError(
      'InvalidOption',
      `timeseries.chunkBytes must be a multiple of 8 from 48 to 1048576, got ${chunkBytes}`,
    );
  }
  if (mirror.length > 0 && normal.driver === 'timeseries') {
    throw new StoreError('InvalidOption', 'timeseries.mirror is for the driver stream: with timeseries all series are');
  }
  if (!(Number.isInteger(ack.replicas) && ack.replicas >= 0)) {
    throw new StoreError('InvalidOption', `ack.replicas must be a whole number, got ${ack.replicas}`);
  }
  if (ack.replicas > 0 && ack.timeoutMs >= commandTimeoutMs) {
    throw new StoreError(
      'InvalidOption',
      `ack.timeoutMs (${ack.timeoutMs}) must be below commandTimeoutMs (${commandTimeoutMs})`,
    );
  }
  if (ack.replicas > 0 && url.includes('+cluster:')) {
    throw new StoreError('InvalidOption', 'ack is not supported with redis+cluster, whose WAIT would go to any node');
  }
  if (normal.sentinel !== undefined && !url.toLowerCase().includes('+sentinel:')) {
    throw new StoreError(
      'InvalidOption',
      'sentinel is for redis+sentinel and rediss+sentinel: no other URL has Sentinels',
    );
  }
  return normal;
}

const MOST_MS = 10 * 365 * 86_400_000;
const BOUNDS = [
  ['retentionMs', 1, MOST_MS],
  ['bufferBytes', 0, Number.MAX_SAFE_INTEGER],
  ['rewriteWindowMs', 0, MOST_MS],
  ['rewriteBytes', 0, Number.MAX_SAFE_INTEGER],
  ['keyFrameSlots', 1, 120],
  ['commandTimeoutMs', 1, 600_000],
  ['connectTimeoutMs', 1, 600_000],
  ['drainFramesPerSecond', 1, Number.MAX_SAFE_INTEGER],
  ['lingerMs', 0, 1_000],
  ['stopTimeoutMs', 0, 86_400_000],
] as const;
