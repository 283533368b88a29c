import { type Clock, deferred, fullJitterBackoff, identityHash, type Logger, type TargetId } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { AppendOutcome, FrameWriter, TargetWriter, WrittenTarget } from '../frame-writer.ts';
import { APPEND_REPLY, APPEND_SCRIPT } from '../redis/append-script.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { type AppendBatch, type AppendReply, packBatch, parseReplies, takeBatch } from './append-batch.ts';
import { DrainPace } from './drain-pace.ts';
import { readLastSlots } from './last-slots.ts';
import { Registrar } from './registrar.ts';
import { isSameScrape } from './same-scrape.ts';
import type { SpilledStream } from './spill-file.ts';
import { TargetStream } from './target-stream.ts';
import { WriterCounters } from './writer-counters.ts';

/** Calls under way at once: enough to keep Redis busy over a network, few enough to stay in order and bounded. */
const MOST_CALLS = 4;
const MOST_CALLS_IN_CLUSTER = 64;
/** Memory of a waiting frame beside its bytes. */
const WAITING_OVERHEAD_BYTES = 200;
const RETRY_BASE_MS = 50;
const RETRY_CAP_MS = 1_000;
/** A target that others keep writing to, or whose key is of a wrong type, is tried again after this. */
const TARGET_RETRY_MS = 1_000;
const MOST_MISMATCHES = 5;
/** Part of a target's backlog that an overflow drops at once, since what is left has to be encoded again. */
const DROP_SHARE = 1 / 8;
const SWEEP_MS = 10_000;

export interface StreamWriterOptions {
  readonly connection: RedisConnection;
  /** Another connection, so that looking up does not wait behind appends. */
  readonly lookups: RedisConnection;
  readonly keys: KeyLayout;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly collector: string;
  readonly retentionMs: number;
  readonly bufferBytes: number;
  readonly rewriteWindowMs: number;
  readonly rewriteBytes: number;
  readonly keyFrameSlots: number;
  readonly drainFramesPerSecond: number;
  readonly ack: { readonly replicas: number; readonly timeoutMs: number };
}

/**
 * Appends frames to Redis streams: holds what waits, sends it in calls of many frames, and acts on what each reply says.
 *
 * At any time a stream is in at most one call, so its frames go in order. A call whose outcome is unknown is made again;
 * the script recognises what is there already.
 */
export class StreamWriter implements FrameWriter {
  readonly counters = new WriterCounters();
  readonly #options: StreamWriterOptions;
  readonly #registrar: Registrar;
  readonly #pace: DrainPace;
  readonly #backoff: (attempt: number) => number;
  readonly #streams = new Map<TargetId, { stream: TargetStream; writer: TargetWriter }>();
  readonly #ready = new Set<TargetStream>();
  #calls = 0;
  #bufferedFrames = 0;
  #bufferedBytes = 0;
  #heldBytes = 0;
  #attempt = 0;
  #pausedUntilMs = 0;
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #idleWaiters: (() => void)[] = [];
  #isStopped = false;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
    this.#registrar = new Registrar(options.connection, options.keys, options.clock);
    this.#pace = new DrainPace(options.drainFramesPerSecond);
    this.#backoff = fullJitterBackoff({ baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random: options.random });
  }

  get bufferedFrames(): number {
    return this.#bufferedFrames;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether appends are refused, or their outcome is unknown. */
  get isFailing(): boolean {
    return this.#attempt > 0;
  }

  /** Slot of the oldest frame that waits. O(targets). */
  oldestWaitingSlotMs(): number | undefined {
    let oldest: number | undefined;
    for (const { stream } of this.#streams.values()) {
      const slotMs = stream.log.waiting === 0 ? undefined : stream.log.slotAt(stream.log.acknowledged);
      if (slotMs !== undefined && (oldest === undefined || slotMs < oldest)) oldest = slotMs;
    }
    return oldest;
  }

  start(): void {
    this.#options.connection.on('ready', () => this.#becomeReady());
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
    if (this.#options.connection.isReady) this.#becomeReady();
  }

  open(target: WrittenTarget): TargetWriter {
    const retentionMs = target.retentionMs ?? this.#options.retentionMs;
    const known = this.#streams.get(target.id);
    if (known !== undefined) {
      const { stream } = known;
      stream.isClosed = false;
      stream.labels = target.labels;
      stream.retentionMs = retentionMs;
      stream.prepared = undefined;
      return known.writer;
    }
    const { keys, keyFrameSlots, collector } = this.#options;
    const stream = new TargetStream(
      { ...target, retentionMs },
      { frames: keys.frames(target.id), late: keys.late(target.id) },
      { keyFrameSlots, keyFrameShift: identityHash(target.id) % keyFrameSlots, collector },
    );
    const writer: TargetWriter = {
      append: (frame) => this.#append(stream, frame),
      end: async (slotMs) => {
        await this.#appendEnd(stream, slotMs);
      },
      close: () => this.#close(stream),
    };
    this.#streams.set(target.id, { stream, writer });
    return writer;
  }

  async lastSlots(
    ids: readonly TargetId[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Map<TargetId, number | undefined>> {
    return readLastSlots(this.#options.lookups, this.#options.keys, ids, options.signal);
  }

  /** Resolves when nothing waits and no call is under way. */
  idle(): Promise<void> {
    if (this.#bufferedFrames === 0 && this.#calls === 0) return Promise.resolve();
    const waiting = deferred<undefined>();
    this.#idleWaiters.push(() => waiting.resolve(undefined));
    return waiting.promise;
  }

  /** Stops sending. What waits is dropped; with `isSaved` it does not count as such, being in a file. */
  stop(isSaved = false): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#sweeper);
    for (const { stream } of this.#streams.values()) {
      const frames = stream.log.waiting;
      if (frames > 0 && !isSaved) this.counters.drop(stream.id, frames);
      stream.dropAll();
    }
    this.#bufferedFrames = 0;
    this.#bufferedBytes = 0;
    this.#streams.clear();
    this.#ready.clear();
    this.#wakeIdle();
  }

  /** What waits, in a form that another writer can go on with. */
  *takeUnsent(): Iterable<SpilledStream> {
    for (const { stream } of this.#streams.values()) {
      if (stream.log.waiting === 0) continue;
      const frames = stream.takeWaiting();
      const { id, labels, retentionMs } = stream;
      const named = new Map(frames.flatMap(({ schemas }) => schemas.map((schema) => [schema.id, schema])));
      yield { id, labels, retentionMs, frames, schemas: [...named.values()] };
    }
  }

  /** Takes over what an earlier process could not write. */
  restore(spilled: SpilledStream): void {
    this.open(spilled);
    const entry = this.#streams.get(spilled.id);
    if (entry === undefined) return;
    for (const frame of spilled.frames) {
      const bytes = entry.stream.appendEncoded({ ...frame, schemas: spilled.schemas }, undefined);
      this.#enter(entry.stream, bytes);
    }
    this.#makeRoom();
    this.#close(entry.stream);
  }

  #append(stream: TargetStream, frame: Frame): Promise<AppendOutcome> {
    assertSlot(frame.slotMs);
    if (!(Number.isSafeInteger(frame.intervalMs) && frame.intervalMs > 0)) {
      throw new RangeError(`an interval is a positive integer of milliseconds, got ${frame.intervalMs}`);
    }
    if (this.#isStopped) return this.#refuse(stream);
    const outcome = deferred<AppendOutcome>();
    this.#enter(stream, stream.append(frame, outcome.resolve));
    this.#makeRoom();
    return outcome.promise;
  }

  #appendEnd(stream: TargetStream, slotMs: number): Promise<AppendOutcome> {
    assertSlot(slotMs);
    if (this.#isStopped) return this.#refuse(stream);
    const outcome = deferred<AppendOutcome>();
    this.#enter(stream, stream.appendEnd(slotMs, outcome.resolve));
    return outcome.promise;
  }

  #refuse(stream: TargetStream): Promise<AppendOutcome> {
    this.counters.drop(stream.id, 1);
    return Promise.resolve('dropped');
  }

  #close(stream: TargetStream): void {
    stream.isClosed = true;
  }

  /** A frame has come to wait. */
  #enter(stream: TargetStream, bytes: number): void {
    this.#bufferedFrames++;
    this.#bufferedBytes += bytes + WAITING_OVERHEAD_BYTES;
    this.#makeReady(stream);
  }

  /** Frames wait no more. */
  #leave(frames: number, bytes: number): void {
    this.#bufferedFrames -= frames;
    this.#bufferedBytes -= bytes + frames * WAITING_OVERHEAD_BYTES;
    if (this.#bufferedFrames === 0 && this.#calls === 0) this.#wakeIdle();
  }

  #makeReady(stream: TargetStream): void {
    if (stream.isSending || this.#isStopped) return;
    this.#ready.add(stream);
    this.#schedule();
  }

  /** Sends at the end of the event loop's turn, together with whatever else came in it. */
  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #scheduleAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), delayMs);
  }

  #becomeReady(): void {
    this.#pausedUntilMs = 0;
    if (this.#bufferedFrames > 0) this.#pace.begin(this.#options.clock.monotonic());
    // The server may be another than before, one that did not get everything.
    for (const { stream } of this.#streams.values()) {
      if (stream.expected === '') continue;
      stream.mustCheck = true;
      this.#makeReady(stream);
    }
    this.#pump();
  }

  #pump(): void {
    const { connection, clock } = this.#options;
    if (this.#isStopped || !connection.isReady) return;
    const nowMs = clock.monotonic();
    if (nowMs < this.#pausedUntilMs) {
      this.#scheduleAfter(this.#pausedUntilMs - nowMs);
      return;
    }
    if (this.#pace.isDraining && this.#bufferedFrames < 64) this.#pace.end();
    const mostCalls = this.#attempt > 0 ? 1 : connection.isCluster ? MOST_CALLS_IN_CLUSTER : MOST_CALLS;
    while (this.#calls < mostCalls && this.#ready.size > 0) {
      const allowance = this.#pace.allowance(nowMs);
      if (allowance < 8) {
        this.#scheduleAfter(this.#pace.waitMs());
        return;
      }
      const batch = takeBatch(this.#ready, nowMs, allowance, connection.isCluster);
      if (batch.parts.length === 0) {
        this.#scheduleAfter(TARGET_RETRY_MS / 4);
        return;
      }
      this.#pace.spend(batch.frames);
      this.#calls++;
      for (const { stream } of batch.parts) stream.isSending = true;
      void this.#send(batch);
    }
  }

  /** Never rejects: whatever fails leaves the frames waiting. */
  async #send(batch: AppendBatch): Promise<void> {
    let error: unknown;
    let replies: AppendReply[] | undefined;
    try {
      const streams = batch.parts.map(({ stream }) => stream);
      const unprepared = streams.filter((stream) => stream.log.waiting > 0 && !this.#registrar.isPrepared(stream));
      if (unprepared.length > 0) await this.#registrar.prepare(unprepared);
      replies = await this.#call(batch);
    } catch (caught) {
      error = caught;
    }
    this.#calls--;
    if (this.#isStopped) return;
    for (const { stream } of batch.parts) stream.isSending = false;
    if (replies === undefined) this.#fail(error);
    else {
      this.#succeed();
      this.#takeReplies(batch, replies);
    }
    for (const { stream } of batch.parts) if (stream.log.waiting > 0 || stream.mustCheck) this.#makeReady(stream);
    if (this.#bufferedFrames === 0 && this.#calls === 0) this.#wakeIdle();
    this.#pump();
  }

  async #call(batch: AppendBatch): Promise<AppendReply[]> {
    const { connection, ack, clock } = this.#options;
    const { bytes, entries } = packBatch(batch, APPEND_SCRIPT.sha1, clock.monotonic());
    const firstKey = batch.parts[0]?.stream.framesKey ?? '';
    const appended = connection.runPacked(APPEND_SCRIPT, firstKey, bytes);
    if (ack.replicas > 0 && batch.frames > 0) {
      // In the same turn, so that it follows on the same connection and covers this call's writes.
      const [reply, replicas] = await Promise.all([appended, connection.call('WAIT', ack.replicas, ack.timeoutMs)]);
      if (typeof replicas !== 'number' || replicas < ack.replicas) {
        throw new StoreError(
          'NotServing',
          `unacknowledged: ${String(replicas)} of ${ack.replicas} replicas have the frames`,
        );
      }
      return expectReplies(reply, entries);
    }
    return expectReplies(await appended, entries);
  }

  #takeReplies(batch: AppendBatch, replies: readonly AppendReply[]): void {
    let at = 0;
    for (const { stream, count } of batch.parts) {
      const own = replies.slice(at, at + Math.max(1, count));
      at += own.length;
      if (count === 0) this.#takeCheck(stream, own[0]);
      else this.#takeOutcomes(stream, own);
    }
  }

  #takeCheck(stream: TargetStream, reply: AppendReply | undefined): void {
    stream.mustCheck = false;
    if (reply?.code === APPEND_REPLY.mismatch) this.#meetEnd(stream, reply.text);
  }

  #takeOutcomes(stream: TargetStream, replies: readonly AppendReply[]): void {
    const { log } = stream;
    stream.mustCheck = false;
    for (const { code, text, head } of replies) {
      const size = log.sizeAt(log.acknowledged);
      switch (code) {
        case APPEND_REPLY.written:
        case APPEND_REPLY.repeated:
          this.counters.written++;
          this.counters.writtenBytes += size;
          stream.lastAckAtMs = this.#options.clock.monotonic();
          stream.settleWritten();
          this.#leave(1, size);
          this.#trim(stream);
          continue;
        case APPEND_REPLY.late:
          this.counters.late++;
          this.counters.writtenBytes += size;
          stream.settleLate(text);
          this.#leave(1, size);
          if (stream.needsNoBase) continue;
          this.#recount(stream, () => stream.startOver(text));
          return;
        case APPEND_REPLY.doubled:
          this.#takeDoubled(stream, size, text, head);
          return;
        case APPEND_REPLY.expired:
          this.counters.drop(stream.id, 1);
          this.#settleBeside(stream, 'dropped', size, text);
          return;
        case APPEND_REPLY.mismatch:
          this.#meetEnd(stream, text);
          return;
        default:
          this.#failStream(stream, text);
          return;
      }
    }
  }

  /** The slot is taken: by somebody else, or by an earlier call of ours whose reply was lost. */
  #takeDoubled(stream: TargetStream, size: number, lastId: string, head: Buffer | undefined): void {
    const { slotMs, bytes } = stream.log.at(stream.log.acknowledged);
    const isOwn = head !== undefined && isSameScrape(slotMs, bytes, head);
    if (isOwn) this.counters.written++;
    else this.counters.doubled++;
    this.#settleBeside(stream, isOwn ? 'written' : 'doubled', size, lastId);
  }

  /** The first waiting frame has its outcome, but is not what the stream ends with: what follows starts over. */
  #settleBeside(stream: TargetStream, outcome: AppendOutcome, size: number, lastId: string): void {
    stream.settle(outcome);
    this.#leave(1, size);
    this.#recount(stream, () => stream.startOver(lastId));
  }

  #meetEnd(stream: TargetStream, lastId: string): void {
    const before = stream.log.waiting;
    this.#recount(stream, () => {
      const end = stream.meetEnd(lastId);
      if (end.kind === 'lost') {
        this.counters.rewritten += end.count;
        this.#registrar.forget();
        this.#options.logger.warn(
          { target: stream.id, frames: end.count, lastId },
          'redis has lost frames that it acknowledged: writing them again',
        );
      }
    });
    this.#bufferedFrames += stream.log.waiting - before;
    if (stream.mismatches > MOST_MISMATCHES) {
      stream.notBeforeMs = this.#options.clock.monotonic() + TARGET_RETRY_MS * (0.5 + this.#options.random());
    }
  }

  /** Runs what changes the waiting frames' bytes, and keeps the sums right. */
  #recount(stream: TargetStream, change: () => void): void {
    const bytesBefore = stream.waitingBytes();
    const waitingBefore = stream.log.waiting;
    change();
    this.#bufferedBytes +=
      stream.waitingBytes() - bytesBefore + (stream.log.waiting - waitingBefore) * WAITING_OVERHEAD_BYTES;
  }

  #failStream(stream: TargetStream, message: string): void {
    const error = new Error(message);
    const { code } = this.counters.error(error, this.#options.clock.now());
    if (code === 'WRONGTYPE' || code === 'other') {
      stream.notBeforeMs = this.#options.clock.monotonic() + TARGET_RETRY_MS;
      this.#options.logger.error({ err: error, target: stream.id }, 'redis refuses the frames of a target');
      return;
    }
    this.#pause(error, code);
  }

  #fail(error: unknown): void {
    const { code } = this.counters.error(error, this.#options.clock.now());
    this.#pause(error, code);
  }

  #pause(error: unknown, code: string): void {
    const { logger, clock } = this.#options;
    if (this.#attempt === 0) logger.warn({ err: error, code }, 'appends to redis fail: frames wait');
    const delayMs = RETRY_BASE_MS / 2 + this.#backoff(this.#attempt);
    this.#attempt++;
    this.#pausedUntilMs = clock.monotonic() + delayMs;
  }

  #succeed(): void {
    if (this.#attempt === 0) return;
    this.#options.logger.info(
      { attempts: this.#attempt, bufferedFrames: this.#bufferedFrames },
      'appends to redis succeed again',
    );
    this.#attempt = 0;
    this.#pace.begin(this.#options.clock.monotonic());
  }

  #trim(stream: TargetStream): void {
    const { log } = stream;
    const newestSlotMs = log.slotAt(log.acknowledged - 1) ?? 0;
    const isOverBound = this.#heldBytes > this.#options.rewriteBytes;
    stream.trim(newestSlotMs, isOverBound ? 0 : this.#options.rewriteWindowMs);
    if (isOverBound && log.waiting === 0) stream.breakChain();
  }

  /** Drops the oldest waiting frames until the rest fit. */
  #makeRoom(): void {
    while (this.#bufferedBytes > this.#options.bufferBytes) {
      const stream = this.#oldestWaiting();
      if (stream === undefined) return;
      const { log } = stream;
      const count = Math.max(1, Math.ceil(log.waiting * DROP_SHARE));
      const frames = log.waiting;
      const bytes = stream.dropOldest(count);
      this.#leave(frames - log.waiting, bytes);
      if (this.counters.dropped === 0) {
        this.#options.logger.error({ target: stream.id }, 'the buffer is full: the oldest frames are dropped');
      }
      this.counters.drop(stream.id, frames - log.waiting);
    }
  }

  #oldestWaiting(): TargetStream | undefined {
    let oldest: TargetStream | undefined;
    let oldestSlotMs = Infinity;
    for (const { stream } of this.#streams.values()) {
      if (stream.isSending || stream.log.waiting === 0) continue;
      const slotMs = stream.log.slotAt(stream.log.acknowledged) ?? Infinity;
      if (slotMs < oldestSlotMs) {
        oldest = stream;
        oldestSlotMs = slotMs;
      }
    }
    return oldest;
  }

  /** Sums up the memory held for rewriting, and lets go of closed targets once their window is over. */
  #sweep(): void {
    const nowMs = this.#options.clock.monotonic();
    let held = 0;
    for (const [id, { stream }] of this.#streams) {
      const isOver = nowMs - stream.lastAckAtMs > this.#options.rewriteWindowMs;
      if (stream.isClosed && stream.log.waiting === 0 && !stream.isSending && isOver) {
        this.#streams.delete(id);
        this.#ready.delete(stream);
      } else held += stream.log.heldBytes;
    }
    this.#heldBytes = held;
  }

  #wakeIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}

function assertSlot(slotMs: number): void {
  if (!(Number.isSafeInteger(slotMs) && slotMs > 0)) {
    throw new RangeError(`a slot is a positive integer of milliseconds, got ${slotMs}`);
  }
}

function expectReplies(reply: unknown, count: number): AppendReply[] {
  const replies = parseReplies(reply, count);
  if (replies === undefined) throw new StoreError('Unknown', 'the append script answered in an unknown form');
  return replies;
}
