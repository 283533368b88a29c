import { silentLogger, systemClock, type Clock, type Logger } from '@pulsekeeper/model';
import type { RegistrySession } from './registry-session.ts';

/** Options of a {@link Directory}. */
export interface DirectoryOptions {
  /** The session to read by. It may be shared, and may still be connecting. */
  readonly session: RegistrySession;
  /**
   * `watch`: changes are seen within milliseconds; one watch per service, rule and collector. `poll`: no watches;
   * everything is read every `pollIntervalMs`.
   * @defaultValue 'watch'
   */
  readonly mode?: 'watch' | 'poll' | undefined;
  /**
   * In watch mode, everything is read again about this often (±10 %), in slices, in case a watch was lost; in ms.
   * @defaultValue 300000
   */
  readonly resyncIntervalMs?: number | undefined;
  /**
   * In poll mode, time between two readings (±10 %), in ms.
   * @defaultValue 2000
   */
  readonly pollIntervalMs?: number | undefined;
  /**
   * Least time between two reads of the same list or node, in ms. The first change after a quiet time is read at once;
   * more make views later, fewer make ZooKeeper busier during a rolling restart.
   * @defaultValue 100
   */
  readonly coalesceMs?: number | undefined;
  /**
   * Most reads per second that events may cause, over all services.
   * @defaultValue 1000
   */
  readonly maxReadsPerSecond?: number | undefined;
  /**
   * Reads under way at a time.
   * @defaultValue 128
   */
  readonly concurrency?: number | undefined;
  /**
   * How long names are kept that are gone because the whole tree is (a server that lost its data), in ms.
   * @defaultValue 30000
   */
  readonly suspectGraceMs?: number | undefined;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: (() => number) | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger | undefined;
}

/** Part of its interval by which a reading of everything comes earlier or later, so that observers spread out. */
export const READING_JITTER = 0.1;

/** In poll mode, the longest time from the beginning of one reading to that of the next, in ms. */
export function longestPollMs(pollIntervalMs: number): number {
  return Math.ceil((1 + READING_JITTER) * pollIntervalMs);
}

type DirectoryDefaults = {
  readonly [K in keyof Omit<DirectoryOptions, 'session'>]-?: NonNullable<DirectoryOptions[K]>;
};

/** What a {@link Directory} does when it is told nothing else. */
export const DEFAULT_DIRECTORY_OPTIONS: DirectoryDefaults = {
  mode: 'watch',
  resyncIntervalMs: 300_000,
  pollIntervalMs: 2000,
  coalesceMs: 100,
  maxReadsPerSecond: 1000,
  concurrency: 128,
  suspectGraceMs: 30_000,
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
};

/** The options with nothing left open. Throws `RangeError` for a number or a mode that makes no sense. */
export function normalizeDirectoryOptions(
  options: DirectoryOptions,
): DirectoryDefaults & Pick<DirectoryOptions, 'session'> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all = { ...DEFAULT_DIRECTORY_OPTIONS, ...given, session: options.session };
  for (const field of ['resyncIntervalMs', 'pollIntervalMs', 'concurrency', 'maxReadsPerSecond'] as const) {
    if (!(all[field] >= 1)) throw new RangeError(`${field} ${all[field]} must be 1 or more`);
  }
  for (const field of ['coalesceMs', 'suspectGraceMs'] as const) {
    if (!(all[field] >= 0)) throw new RangeError(`${field} ${all[field]} must be 0 or more`);
  }
  if (!MODES.includes(all.mode)) throw new RangeError(`mode ${all.mode} must be one of ${MODES.join(', ')}`);
  return all;
}

const MODES: readonly string[] = ['watch', 'poll'];
