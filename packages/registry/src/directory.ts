import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferred, NO_CLUSTER_DEFAULTS, type Logger } from '@pulsekeeper/model';
import { abortReason, onAbort } from './abort.ts';
import {
  countTargets,
  diffContents,
  isEmptyDiff,
  type DirectoryContent,
  type DirectoryDiff,
} from './directory-content.ts';
import { normalizeDirectoryOptions, type DirectoryOptions } from './directory-options.ts';
import { DirectoryReader } from './directory-reader.ts';
import { EMPTY_STATE, isKeyInUse, keysOfState, ROOT_KEYS, type DirectoryState } from './directory-state.ts';
import { createDirectoryView, type DirectoryProblem, type DirectoryView } from './directory-view.ts';
import { RegistryError } from './errors.ts';
import { KeyedWatches } from './keyed-watches.ts';
import { ReadLoop } from './read-loop.ts';
import { safeEmit } from './safe-emit.ts';
import { applyHold, holdLess, suspicionOf, type HeldContent } from './suspect-tree.ts';
import { timerMs } from './timer-limit.ts';

/** Events of a {@link Directory}. */
export interface DirectoryEvents {
  /** After each change, in order; the first one brings everything. The diff leads from the view before to this one. */
  changed: [view: DirectoryView, diff: DirectoryDiff];
  /** Something new was skipped; once per path and reason. */
  problem: [problem: DirectoryProblem];
  /** The tree looks like a server's that lost its data; what is gone is kept until `untilMs` (monotonic ms). */
  suspect: [reason: string, untilMs: number];
  /** A reading failed and is repeated; the last view stands. `attempt` counts from 1 since the last success. */
  failed: [error: unknown, attempt: number];
}

/** Counters of a {@link Directory}, since it was made. */
export interface DirectoryStats {
  /** Lists and nodes that were asked for. */
  readonly reads: number;
  /** Batches of reads that succeeded. */
  readonly batches: number;
  /** Batches that failed. */
  readonly failures: number;
  /** Problems that came up, repeated ones included. */
  readonly problems: number;
  /** Times that a tree was held under suspicion. */
  readonly suspicions: number;
}

/** Problems remembered so as to log each one once; beyond it the memory starts over. */
const MAX_LOGGED_PROBLEMS = 10_000;

/**
 * The names of all instances of a cluster, its rules and its collectors, as an immutable view that follows ZooKeeper.
 *
 * - Never a partial view: a reading that fails leaves the last view in place, however long that takes.
 * - Events are hints: what they point at is read again, coalesced; after a reconnect and now and then, everything is.
 * - What cannot be understood is skipped, listed in `problems`, and affects nothing else.
 *
 * Memory: about 200 bytes a target and one watch per service list, rule and collector. A change costs time linear in
 * the number of services and in the instances of the service that changed.
 */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #options: ReturnType<typeof normalizeDirectoryOptions>;
  readonly #logger: Logger;
  readonly #reader: DirectoryReader;
  readonly #loop: ReadLoop;
  readonly #watches: KeyedWatches;
  readonly #loggedProblems = new Set<string>();
  readonly #firstView = deferred<undefined>();
  readonly #stats = { reads: 0, batches: 0, failures: 0, problems: 0, suspicions: 0 };
  #state: DirectoryState = EMPTY_STATE;
  #published: DirectoryContent = EMPTY_STATE.content;
  #held: HeldContent | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  #view: DirectoryView;
  #isStarted = false;
  #stopping: Promise<void> | undefined;

  /** @throws RangeError for a number or a mode that makes no sense. */
  constructor(options: DirectoryOptions) {
    super();
    this.#options = normalizeDirectoryOptions(options);
    const { session, mode, concurrency, clock, random, coalesceMs } = this.#options;
    this.#logger = this.#options.logger.child({ component: 'directory' });
    this.#watches = new KeyedWatches(session, (key) => this.#loop.note(key));
    this.#reader = new DirectoryReader({
      session,
      concurrency,
      watchOf: (key, path) => (mode === 'watch' ? this.#watches.of(key, path) : undefined),
    });
    this.#loop = new ReadLoop({
      session,
      coalesceMs,
      maxPerSecond: this.#options.maxReadsPerSecond,
      mode,
      intervalMs: mode === 'watch' ? this.#options.resyncIntervalMs : this.#options.pollIntervalMs,
      clock,
      random,
      logger: this.#logger,
      read: (keys, signal) => this.#read(keys, signal),
      allKeys: () => keysOfState(this.#state),
      onFailure: (error, attempt) => {
        this.#stats.failures += 1;
        safeEmit(this.#logger, this, 'failed', error, attempt);
      },
    });
    this.#view = this.#createView(0);
    this.#firstView.promise.catch(() => undefined);
  }

  /** The last view; empty, with version 0, before the first reading. */
  get view(): DirectoryView {
    return this.#view;
  }

  /** Counters for metrics. */
  get stats(): DirectoryStats {
    return { ...this.#stats };
  }

  /** Whether names are being kept that the tree no longer has. */
  get isSuspect(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Whether the view is up to date as far as ZooKeeper has told: connected, everything was read since the connection
   * was made, and in poll mode read again in time ever since. While it is not, the view is the last good one.
   */
  get isCurrent(): boolean {
    return this.#loop.isCurrent;
  }

  /**
   * Resolves with the first complete view in place. Waits for the session as long as it takes; bound it with `signal`.
   * When the signal aborts, the directory is stopped. May be called again, to wait for the same.
   *
   * @throws RegistryError `Closed` when the directory was stopped, before or meanwhile; the signal's reason.
   */
  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#stopping !== undefined) throw new RegistryError('Closed', 'the directory was stopped');
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#loop.start();
    }
    const stopListening = onAbort(signal, () => {
      this.#firstView.reject(abortReason(signal));
      void this.stop();
    });
    try {
      await this.#firstView.promise;
    } finally {
      stopListening();
    }
  }

  /**
   * Stops following, and gives up what is being read at once; the last view remains readable. Leaves no timer, and nothing
   * in the session. Never rejects. Every caller gets the same promise.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** As {@link Directory.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#holdTimer);
    await this.#loop.stop();
    this.#watches.clear();
    this.#firstView.reject(new RegistryError('Closed', 'the directory was stopped'));
  }

  async #read(keys: readonly string[], signal: AbortSignal): Promise<void> {
    // Until the roots were read once there is nothing that single keys could be added to.
    const wanted = this.#stats.batches === 0 ? ROOT_KEYS : keys;
    this.#stats.reads += wanted.length;
    const next = await this.#reader.read(wanted, this.#state, signal);
    // With ten thousand names, reading a list takes some 10 ms of this turn of the event loop, and so does what follows.
    await nextTurn();
    if (signal.aborted) return;
    this.#stats.batches += 1;
    this.#accept(next);
  }

  #accept(next: DirectoryState): void {
    const before = this.#state;
    this.#state = next;
    const suspicion = suspicionOf(before, next);
    if (suspicion !== undefined) this.#hold(suspicion);
    this.#held = holdLess(this.#held, next.content);
    if (next.problems !== before.problems) this.#reportProblems(next.problems, before.problems);
    this.#forgetGone(before, next);
    this.#publish(next.problems !== before.problems);
    this.#firstView.resolve(undefined);
  }

  #publish(isForced: boolean): void {
    const content = applyHold(this.#state.content, this.#held);
    const diff = diffContents(this.#published, content);
    if (!isForced && this.#view.version > 0 && isEmptyDiff(diff)) {
      this.#published = content;
      return;
    }
    this.#published = content;
    this.#view = this.#createView(this.#view.version + 1);
    const { addedTargets, removedTargets } = diff;
    this.#logger.debug({ added: addedTargets.length, removed: removedTargets.length }, 'directory changed');
    safeEmit(this.#logger, this, 'changed', this.#view, diff);
  }

  #hold(reason: string): void {
    const { clock, suspectGraceMs } = this.#options;
    const untilMs = clock.monotonic() + suspectGraceMs;
    this.#held = { content: this.#published, untilMs };
    this.#stats.suspicions += 1;
    this.#logger.warn({ reason, graceMs: suspectGraceMs }, 'tree is suspect; keeping what was known');
    clearTimeout(this.#holdTimer);
    this.#holdTimer = setTimeout(() => this.#letGo(), timerMs(suspectGraceMs)).unref();
    safeEmit(this.#logger, this, 'suspect', reason, untilMs);
  }

  #letGo(): void {
    this.#held = undefined;
    const gone = countTargets(this.#published) - countTargets(this.#state.content);
    this.#logger.warn({ gone }, 'grace time of a suspect tree is over');
    this.#publish(false);
  }

  #reportProblems(now: ReadonlyMap<string, string>, before: ReadonlyMap<string, string>): void {
    for (const [path, reason] of now) {
      if (before.get(path) === reason) continue;
      this.#stats.problems += 1;
      const line = `${path} ${reason}`;
      if (this.#loggedProblems.has(line)) continue;
      if (this.#loggedProblems.size >= MAX_LOGGED_PROBLEMS) this.#loggedProblems.clear();
      this.#loggedProblems.add(line);
      this.#logger.warn({ path, reason }, 'znode skipped');
      safeEmit(this.#logger, this, 'problem', { path, reason });
    }
  }

  /**
   * Services and collectors that went leave no watch function and nothing to read behind; nor do nodes that were never
   * part of a state, or that went while they were being read again.
   */
  #forgetGone(before: DirectoryState, next: DirectoryState): void {
    for (const key of [...keysOfState(before), ...this.#watches.keys()]) {
      if (isKeyInUse(key, next)) continue;
      this.#watches.forget(key);
      this.#loop.forget(key);
    }
  }

  #createView(version: number): DirectoryView {
    return createDirectoryView({
      content: this.#published,
      problems: this.#state.problems,
      noDefaults: NO_CLUSTER_DEFAULTS,
      version,
      readAtMs: this.#options.clock.now(),
    });
  }
}
