import { EventEmitter } from 'node:events';
import {
  deferred,
  splitTargetId,
  type Clock,
  type Deferred,
  type InstanceRecord,
  type Logger,
  type Parsed,
  type TargetId,
} from '@pulsekeeper/model';
import { abortReason, onAbort } from './abort.ts';
import { mapBounded } from './bounded-map.ts';
import { normalizeDirectoryOptions } from './directory-options.ts';
import { codeOf, isRetryable, messageOf, RegistryError } from './errors.ts';
import { isSamePlace, parseInstanceAt, placeOfInstance, type InstancePlace } from './instance-place.ts';
import { ReadLoop } from './read-loop.ts';
import type { RegistrySession, WatchFunction } from './registry-session.ts';
import { safeEmit } from './safe-emit.ts';
import { TurnSlices } from './turn-slices.ts';

/** Options of an {@link InstanceWatcher}; times and limits mean what they mean for a `Directory`. */
export interface InstanceWatcherOptions {
  /** The session to read by. It may be shared, and may still be connecting. */
  readonly session: RegistrySession;
  /**
   * Where a target is registered, as the `placeOf` of a directory's view says; `undefined` where it does not know.
   * @defaultValue where our own registrations are
   */
  readonly placeOf?: ((id: TargetId) => InstancePlace | undefined) | undefined;
  /** @defaultValue 'watch' */
  readonly mode?: 'watch' | 'poll' | undefined;
  /** @defaultValue 300000 */
  readonly resyncIntervalMs?: number | undefined;
  /** @defaultValue 2000 */
  readonly pollIntervalMs?: number | undefined;
  /** @defaultValue 100 */
  readonly coalesceMs?: number | undefined;
  /** @defaultValue 1000 */
  readonly maxReadsPerSecond?: number | undefined;
  /** @defaultValue 128 */
  readonly concurrency?: number | undefined;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: (() => number) | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger | undefined;
}

/** Events of an {@link InstanceWatcher}. */
export interface InstanceWatcherEvents {
  /**
   * The data of a wanted instance was read for the first time or changed. `undefined`: it is not there and was never
   * read. An instance that goes keeps its last data; whether it exists is the directory's to say.
   */
  changed: [id: TargetId, instance: Parsed<InstanceRecord> | undefined];
  /** A reading failed and is repeated; what is known stands. */
  failed: [error: unknown, attempt: number];
}

interface Entry {
  readonly watch: WatchFunction;
  place: InstancePlace;
  isRead: boolean;
  data: Uint8Array | undefined;
  parsed: Parsed<InstanceRecord> | undefined;
  /** Reads in a row that found nothing. */
  misses: number;
}

/** A wanted instance that is missing is looked for again after this long, then twice as long, and so on. */
const FIRST_MISS_MS = 200;
const LAST_MISS_MS = 10_000;

/** Time of one turn of the event loop for what was read: well below what delays a slot. */
const SLICE_MS = 5;

/**
 * Reads and watches the data of those instances that are wanted, and of no others.
 *
 * Memory: the raw and the parsed data and one watch of each wanted instance. A missing one is looked for by reading, not
 * by a watch: watches on names that never return would pile up in the server.
 */
export class InstanceWatcher extends EventEmitter<InstanceWatcherEvents> {
  readonly #session: RegistrySession;
  readonly #placeOf: (id: TargetId) => InstancePlace | undefined;
  readonly #isWatching: boolean;
  readonly #concurrency: number;
  readonly #logger: Logger;
  readonly #loop: ReadLoop;
  readonly #entries = new Map<TargetId, Entry>();
  readonly #settlers = new Set<Deferred<undefined>>();
  readonly #slices = new TurnSlices(SLICE_MS);
  #unread = 0;
  #isStarted = false;
  #stopping: Promise<void> | undefined;

  /** @throws RangeError for a number or a mode that makes no sense. */
  constructor(options: InstanceWatcherOptions) {
    super();
    const { session, mode, concurrency, clock, random, logger, ...times } = normalizeDirectoryOptions(options);
    this.#session = session;
    this.#placeOf = options.placeOf ?? (() => undefined);
    this.#isWatching = mode === 'watch';
    this.#concurrency = concurrency;
    this.#logger = logger.child({ component: 'instance-watcher' });
    this.#loop = new ReadLoop({
      session,
      coalesceMs: times.coalesceMs,
      maxPerSecond: times.maxReadsPerSecond,
      mode,
      intervalMs: this.#isWatching ? times.resyncIntervalMs : times.pollIntervalMs,
      clock,
      random,
      logger: this.#logger,
      read: (keys, signal) => this.#read(keys as readonly TargetId[], signal),
      allKeys: () => this.#entries.keys(),
      onFailure: (error, attempt) => safeEmit(this.#logger, this, 'failed', error, attempt),
    });
  }

  /**
   * Begins to read what is wanted, now and from now on; waits for nothing, see `settled`. Idempotent.
   *
   * @throws RegistryError `Closed` when the watcher was stopped.
   */
  start(): Promise<void> {
    if (this.#stopping !== undefined) {
      return Promise.reject(new RegistryError('Closed', 'the instance watcher was stopped'));
    }
    if (!this.#isStarted) this.#loop.start();
    this.#isStarted = true;
    return Promise.resolve();
  }

  /**
   * Stops reading, and gives up what is being read at once; what is known remains. Leaves no timer, and nothing in the
   * session. Never rejects. Every caller gets the same promise.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** As {@link InstanceWatcher.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Says which instances are wanted from now on. Linear in their number. Data of the others is forgotten at once, and is
   * not read again. The server keeps its watch on such an instance until that changes or the link ends, since the protocol
   * of the client library has no way to take one back; its one event tells nobody.
   */
  setWanted(ids: Iterable<TargetId>): void {
    const wanted = new Set(ids);
    for (const [id, entry] of this.#entries) {
      if (!wanted.has(id)) this.#remove(id, entry);
    }
    const added: TargetId[] = [];
    for (const id of wanted) {
      if (this.#entries.has(id)) continue;
      this.#entries.set(id, this.#createEntry(id));
      this.#unread += 1;
      added.push(id);
    }
    this.#loop.noteUrgent(added);
    this.#settleIfRead();
  }

  /** Says that one instance is no longer wanted, as `setWanted` does. */
  forget(id: TargetId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#remove(id, entry);
    this.#settleIfRead();
  }

  /**
   * The places of targets may have changed: those that did are read again. Until then the last data stands. Linear in the
   * wanted instances.
   */
  refreshPlaces(): void {
    const moved: TargetId[] = [];
    for (const [id, entry] of this.#entries) {
      const place = this.#placeOf(id);
      if (place === undefined || isSamePlace(place, entry.place)) continue;
      this.#session.removeWatch(entry.place.path, entry.watch);
      Object.assign(entry, { place, data: undefined, misses: 0 });
      moved.push(id);
    }
    this.#loop.noteUrgent(moved);
  }

  /** What was read of a wanted instance; `undefined` when it was not read yet, never stood, or is not wanted. */
  get(id: TargetId): Parsed<InstanceRecord> | undefined {
    return this.#entries.get(id)?.parsed;
  }

  /**
   * Resolves once every wanted instance was read at least once, or the watcher was stopped. Waits for the session as long
   * as it takes; rejects with the signal's reason.
   */
  async settled({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#unread === 0 || this.#stopping !== undefined) return;
    const settler = deferred<undefined>();
    this.#settlers.add(settler);
    const stopListening = onAbort(signal, () => settler.reject(abortReason(signal)));
    try {
      await settler.promise;
    } finally {
      stopListening();
      this.#settlers.delete(settler);
    }
  }

  async #stop(): Promise<void> {
    await this.#loop.stop();
    for (const { place, watch } of this.#entries.values()) this.#session.removeWatch(place.path, watch);
    this.#settleIfRead(true);
  }

  async #read(ids: readonly TargetId[], signal: AbortSignal): Promise<void> {
    await mapBounded(ids, this.#concurrency, (id) => this.#readOne(id, signal));
  }

  async #readOne(id: TargetId, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const { place } = entry;
    const watch = this.#isWatching ? entry.watch : undefined;
    const isStale = (): boolean => this.#entries.get(id) !== entry || entry.place !== place;
    try {
      const { data } = await this.#session.getData(place.path, { watch, signal });
      // Parsing it, and what the listeners do with it, takes some 0.2 ms, and there may be thousands.
      await this.#slices.run(() => {
        if (isStale()) {
          this.#session.removeWatch(place.path, entry.watch);
          return;
        }
        entry.misses = 0;
        this.#take(id, entry, data);
      });
    } catch (error) {
      if (isStale()) return;
      if (codeOf(error) === 'NoNode') {
        this.#takeMissing(id, entry);
        return;
      }
      if (isRetryable(error) || codeOf(error) === 'Closed' || signal.aborted) throw error;
      this.#takeRefusal(id, entry, messageOf(error));
    }
  }

  #take(id: TargetId, entry: Entry, data: Uint8Array): void {
    if (entry.data !== undefined && Buffer.compare(entry.data, data) === 0) return;
    entry.data = data;
    const parsed = parseInstanceAt(entry.place, data);
    if (!parsed.ok) this.#logger.warn({ target: id, reason: parsed.reason }, 'instance rejected');
    this.#settle(id, entry, parsed);
  }

  #takeMissing(id: TargetId, entry: Entry): void {
    this.#loop.noteIn(id, Math.min(LAST_MISS_MS, FIRST_MISS_MS * 2 ** entry.misses));
    entry.misses += 1;
    if (!entry.isRead) this.#settle(id, entry, undefined);
  }

  #takeRefusal(id: TargetId, entry: Entry, reason: string): void {
    if (entry.data !== undefined || entry.parsed !== undefined) return;
    this.#settle(id, entry, { ok: false, reason: `cannot be read: ${reason}` });
  }

  #settle(id: TargetId, entry: Entry, parsed: Parsed<InstanceRecord> | undefined): void {
    if (!entry.isRead) this.#unread -= 1;
    entry.isRead = true;
    entry.parsed = parsed;
    safeEmit(this.#logger, this, 'changed', id, parsed);
    this.#settleIfRead();
  }

  #settleIfRead(isForced = false): void {
    if (this.#unread > 0 && !isForced) return;
    for (const settler of this.#settlers) settler.resolve(undefined);
  }

  #remove(id: TargetId, { isRead, place, watch }: Entry): void {
    this.#entries.delete(id);
    this.#loop.forget(id);
    this.#session.removeWatch(place.path, watch);
    if (!isRead) this.#unread -= 1;
  }

  #createEntry(id: TargetId): Entry {
    const watch: WatchFunction = ({ type }) => {
      if (this.#entries.get(id)?.watch !== watch) return;
      // One that went is mostly wanted no more in a moment: of thousands that go together none is looked for.
      this.#loop.note(id, type === 'NodeDeleted' ? FIRST_MISS_MS : 0);
    };
    const { service, instance } = splitTargetId(id);
    const place = this.#placeOf(id) ?? placeOfInstance(service, instance, undefined);
    return { watch, place, isRead: false, data: undefined, parsed: undefined, misses: 0 };
  }
}
