import { fullJitterBackoff, type Clock, type Logger } from '@pulsekeeper/model';
import { longestPollMs, READING_JITTER } from './directory-options.ts';
import { RelistSchedule } from './relist-schedule.ts';
import { connectedSessionId, type RegistrySession } from './registry-session.ts';
import { timerMs } from './timer-limit.ts';

/** What a {@link ReadLoop} works with. */
export interface ReadLoopOptions {
  readonly session: RegistrySession;
  readonly coalesceMs: number;
  readonly maxPerSecond: number;
  /** `watch`: everything is read again every `intervalMs`, in slices, as a safeguard. `poll`: at once, each time. */
  readonly mode: 'watch' | 'poll';
  /** Time between two full readings; each is drawn from 0.9 to 1.1 times this, so that observers spread out. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Reads the keys and does what follows. When it throws, all of them are read again after a backoff. */
  readonly read: (keys: readonly string[], signal: AbortSignal) => Promise<void>;
  /** All keys that are known now. */
  readonly allKeys: () => Iterable<string>;
  /** Told of each failed attempt, `attempt` counting from 1 since the last success. */
  readonly onFailure: (error: unknown, attempt: number) => void;
}

/** In poll mode, a reading that is so much later than the next one is due makes the view stale: something hangs. */
const POLL_GRACE_MS = 1_000;

/** Keys of one slice of the periodic re-reading: small enough that an event never waits long behind it. */
const SLICE = 256;

/**
 * Turns events into batches of reads, one batch at a time: events by the rules of {@link RelistSchedule}, everything
 * after a reconnect, everything now and then anyway. Does nothing while the session is not connected.
 */
export class ReadLoop {
  readonly #options: ReadLoopOptions;
  readonly #schedule: RelistSchedule;
  readonly #backoff: (attempt: number) => number;
  readonly #life = new AbortController();
  #removeSetup: (() => void) | undefined;
  #isEverythingDue = true;
  /** The link (its session state) over which everything was read last. */
  #completeLink: unknown;
  /** Monotonic ms at which the last reading of everything began. */
  #completeAtMs = -Infinity;
  #resync: string[] = [];
  #failures = 0;
  #pausedUntilMs = 0;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic ms that the timer is set for; `Infinity` when it is not. */
  #timerAtMs = Infinity;
  #resyncTimer: NodeJS.Timeout | undefined;

  constructor(options: ReadLoopOptions) {
    this.#options = options;
    this.#schedule = new RelistSchedule(options);
    this.#backoff = fullJitterBackoff({ baseMs: 100, capMs: 5000, random: options.random });
  }

  /**
   * Whether everything was read since the present connection was made. In watch mode, watches tell of all that follows;
   * in poll mode, the last reading must also be no older than one that comes in time.
   */
  get isCurrent(): boolean {
    const { session, mode, clock, intervalMs } = this.#options;
    const { state } = session;
    if (state.kind !== 'connected' || state !== this.#completeLink) return false;
    return mode === 'watch' || clock.monotonic() - this.#completeAtMs <= longestPollMs(intervalMs) + POLL_GRACE_MS;
  }

  start(): void {
    // Runs at once where there is a connection, and after each reconnect; what it starts is not waited for.
    this.#removeSetup = this.#options.session.addSetup(() => {
      this.#pausedUntilMs = 0;
      this.#isEverythingDue = true;
      this.#failures = 0;
      this.noteUrgent(this.#options.allKeys());
    });
    this.#armResync();
  }

  async stop(): Promise<void> {
    this.#life.abort();
    this.#removeSetup?.();
    clearTimeout(this.#timer);
    clearTimeout(this.#resyncTimer);
    await this.#running;
  }

  /** An event came for a key, which is read after `delayMs` at the earliest. */
  note(key: string, delayMs = 0): void {
    const readAtMs = this.#options.clock.monotonic() + delayMs;
    this.#schedule.note(key, readAtMs);
    if (readAtMs < this.#timerAtMs) this.#wake();
  }

  /** Keys that must be read with the next batch. */
  noteUrgent(keys: Iterable<string>): void {
    for (const key of keys) this.#schedule.noteUrgent(key);
    this.#wake();
  }

  /** A key is looked at again after a while. */
  noteIn(key: string, delayMs: number): void {
    this.#schedule.postpone(key, this.#options.clock.monotonic() + delayMs);
    this.#wake();
  }

  /** A key is no more. */
  forget(key: string): void {
    this.#schedule.forget(key);
  }

  /** Runs when there is something to do now, or sets the timer for when there is. */
  #wake(): void {
    if (this.#running !== undefined || this.#life.signal.aborted) return;
    if (connectedSessionId(this.#options.session) === undefined) return;
    const nowMs = this.#options.clock.monotonic();
    const dueMs = this.#resync.length > 0 ? nowMs : this.#schedule.nextDueMs(nowMs);
    if (dueMs === undefined) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = Infinity;
    const delayMs = Math.max(dueMs, this.#pausedUntilMs) - nowMs;
    if (delayMs <= 0) {
      this.#run();
      return;
    }
    this.#timerAtMs = nowMs + delayMs;
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Infinity;
      this.#wake();
    }, Math.ceil(delayMs)).unref();
  }

  #run(): void {
    this.#running = this.#runBatch().finally(() => {
      this.#running = undefined;
      this.#wake();
    });
  }

  /** Never rejects. */
  async #runBatch(): Promise<void> {
    const keys = this.#schedule.take(this.#options.clock.monotonic());
    if (keys.length === 0) keys.push(...this.#resync.splice(0, SLICE));
    if (keys.length === 0) return;
    const link = this.#options.session.state;
    const startedMs = this.#options.clock.monotonic();
    const isEverything = this.#isEverythingDue;
    this.#isEverythingDue = false;
    try {
      await this.#options.read(keys, this.#life.signal);
      this.#failures = 0;
      if (!isEverything) return;
      this.#completeLink = link;
      this.#completeAtMs = startedMs;
    } catch (error) {
      if (this.#life.signal.aborted) return;
      this.#isEverythingDue ||= isEverything;
      this.#failures += 1;
      if (this.#failures === 1) this.#options.logger.warn({ err: error }, 'reading failed; the last view is kept');
      this.#pausedUntilMs = this.#options.clock.monotonic() + this.#backoff(this.#failures - 1);
      for (const key of keys) this.#schedule.noteUrgent(key);
      this.#options.onFailure(error, this.#failures);
    }
  }

  #armResync(): void {
    const delayMs = this.#options.intervalMs * (1 - READING_JITTER + 2 * READING_JITTER * this.#options.random());
    this.#resyncTimer = setTimeout(() => {
      this.#armResync();
      if (this.#options.mode === 'poll') {
        this.#isEverythingDue = true;
        this.noteUrgent(this.#options.allKeys());
        return;
      }
      this.#resync = [...this.#options.allKeys()];
      this.#wake();
    }, timerMs(delayMs)).unref();
  }
}
