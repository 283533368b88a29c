import { type Clock, deferred, fullJitterBackoff, type Logger } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import { APPEND_SCRIPT } from '../redis/append-script.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { type AppendBatch, type AppendReply, MOST_FRAMES, packBatch, parseReplies, takeBatch } from './append-batch.ts';
import { TARGET_RETRY_MS } from './append-outcomes.ts';
import { DrainPace } from './drain-pace.ts';
import type { FrameBacklog } from './frame-backlog.ts';
import type { FrameCompanion } from './frame-companion.ts';
import type { Registrar } from './registrar.ts';
import { RequestMemory } from './request-memory.ts';
import type { TargetStream } from './target-stream.ts';
import type { WriterCounters } from './writer-counters.ts';

/** Calls under way at once: enough to keep Redis busy over a network, few enough to stay in order and bounded. */
const MOST_CALLS = 4;
const MOST_CALLS_IN_CLUSTER = 64;
/** A call to a primary of a cluster that lasts longer takes no place from the others: that primary may be down. */
const SLOW_CALL_MS = 250;
const RETRY_BASE_MS = 50;
const RETRY_CAP_MS = 1_000;
/** A backlog of fewer frames no longer counts as one. */
const FEW_FRAMES = 64;
/** Fewer frames than this are not worth a call while a backlog is drained at its pace. */
const LEAST_ALLOWANCE = 8;

export interface AppendSenderOptions {
  readonly connection: RedisConnection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly drainFramesPerSecond: number;
  /** How long a stream may wait for others that are sent with it. */
  readonly lingerMs: number;
  readonly ack: { readonly replicas: number; readonly timeoutMs: number };
  readonly backlog: FrameBacklog;
  readonly counters: WriterCounters;
  readonly registrar: Registrar;
  /** Writes what belongs to frames beside the streams, before them. */
  readonly companion?: FrameCompanion | undefined;
  /** Told of the replies to a call, before anything further of its streams is sent. */
  readonly onReplies: (batch: AppendBatch, replies: readonly AppendReply[]) => void;
}

/**
 * Sends what waits, in calls of many frames: at the end of each turn of the event loop or a little later, at a bounded rate
 * after an outage, and with growing pauses while Redis refuses. A stream is in at most one call at any time, so its frames go in order. A
 * call whose outcome is unknown is made again; the script recognises what is there already.
 */
export class AppendSender {
  readonly #options: AppendSenderOptions;
  readonly #pace: DrainPace;
  readonly #backoff: (attempt: number) => number;
  readonly #ready = new Set<TargetStream>();
  /** Calls under way, by the time they began. */
  readonly #calls = new Set<{ readonly sinceMs: number }>();
  /** Of a cluster: streams whose primary does not take them. */
  readonly #heldBack = new Set<TargetStream>();
  readonly #requests = new RequestMemory();
  #attempt = 0;
  #pausedUntilMs = 0;
  #isScheduled = false;
  #linger: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #idleWaiters: (() => void)[] = [];
  #isStopped = false;

  constructor(options: AppendSenderOptions) {
    this.#options = options;
    this.#pace = new DrainPace(options.drainFramesPerSecond);
    this.#backoff = fullJitterBackoff({ baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random: options.random });
  }

  /** Whether appends are refused, or their outcome is unknown. */
  get isFailing(): boolean {
    return this.#attempt > 0 || this.#heldBack.size > 0;
  }

  /** Resolves when nothing waits and no call is under way. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    const waiting = deferred<undefined>();
    this.#idleWaiters.push(() => waiting.resolve(undefined));
    return waiting.promise;
  }

  /** Stops sending; whoever waits for idleness is released. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#linger);
    this.#ready.clear();
    this.#wakeIdle();
  }

  /** A stream has something to send, or to compare. */
  makeReady(stream: TargetStream): void {
    if (stream.isSending || this.#isStopped) return;
    this.#ready.add(stream);
    this.#schedule();
  }

  forget(stream: TargetStream): void {
    this.#ready.delete(stream);
    this.#heldBack.delete(stream);
  }

  /** Redis is there, or there again. */
  connect(streams: Iterable<TargetStream>): void {
    this.#pausedUntilMs = 0;
    if (this.#options.backlog.frames > 0) this.#pace.begin(this.#options.clock.monotonic());
    // The server may be another than before, one that did not get everything.
    for (const stream of streams) {
      if (stream.expected === '') continue;
      stream.mustCheck = true;
      this.makeReady(stream);
    }
    this.#pump();
  }

  /** Redis refuses: nothing is sent for a while. */
  pause(error: unknown, code: string): void {
    const { logger, clock } = this.#options;
    if (this.#attempt === 0) logger.warn({ err: error, code }, 'appends to redis fail: frames wait');
    const delayMs = RETRY_BASE_MS / 2 + this.#backoff(this.#attempt);
    this.#attempt++;
    this.#pausedUntilMs = clock.monotonic() + delayMs;
  }

  /** A primary of a cluster refuses, or does not answer: the streams that it has wait for a while, the others go on. */
  holdBack(streams: readonly TargetStream[], error: unknown, code: string): void {
    const { logger, clock, random } = this.#options;
    if (this.#heldBack.size === 0) {
      logger.warn({ err: error, code }, 'appends to a primary of the cluster fail: frames of its targets wait');
    }
    for (const stream of streams) {
      this.#heldBack.add(stream);
      stream.notBeforeMs = clock.monotonic() + TARGET_RETRY_MS * (0.5 + random() / 2);
    }
  }

  /** Frames have left the backlog otherwise than by a call. */
  noticeLeft(): void {
    if (this.#isIdle()) this.#wakeIdle();
  }

  #isIdle(): boolean {
    return this.#options.backlog.frames === 0 && this.#calls.size === 0;
  }

  /** Sends a little later, together with whatever else has come by then; at the end of the turn when that fills a call. */
  #schedule(): void {
    const { lingerMs, backlog } = this.#options;
    if (this.#isScheduled || this.#isStopped) return;
    if (lingerMs > 0 && backlog.frames < MOST_FRAMES) {
      this.#linger ??= setTimeout(this.#onLingered, lingerMs);
      return;
    }
    this.#isScheduled = true;
    setImmediate(this.#onTurnEnd);
  }

  readonly #onLingered = (): void => {
    this.#linger = undefined;
    this.#pump();
  };

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false;
    this.#pump();
  };

  #scheduleAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), delayMs);
  }

  #pump(): void {
    const { connection, clock, backlog } = this.#options;
    if (this.#isStopped || !connection.isReady) return;
    const nowMs = clock.monotonic();
    if (nowMs < this.#pausedUntilMs) {
      this.#scheduleAfter(this.#pausedUntilMs - nowMs);
      return;
    }
    if (this.#pace.isDraining && backlog.frames < FEW_FRAMES) this.#pace.end();
    const mostCalls = this.#mostCalls(nowMs);
    while (this.#calls.size < mostCalls && this.#ready.size > 0) {
      const allowance = this.#pace.allowance(nowMs);
      if (allowance < LEAST_ALLOWANCE) {
        this.#scheduleAfter(this.#pace.waitMs());
        return;
      }
      const batch = takeBatch(this.#ready, nowMs, allowance, connection.isCluster);
      if (batch.parts.length === 0) {
        this.#scheduleAfter(TARGET_RETRY_MS / 4);
        return;
      }
      this.#pace.spend(batch.frames);
      for (const { stream } of batch.parts) stream.isSending = true;
      void this.#send(batch);
    }
    if (connection.isCluster && this.#ready.size > 0) this.#scheduleAfter(SLOW_CALL_MS);
  }

  #mostCalls(nowMs: number): number {
    if (this.#attempt > 0) return 1;
    if (!this.#options.connection.isCluster) return MOST_CALLS;
    let slow = 0;
    for (const { sinceMs } of this.#calls) if (nowMs - sinceMs > SLOW_CALL_MS) slow++;
    return MOST_CALLS_IN_CLUSTER + slow;
  }

  /** Never rejects: whatever fails leaves the frames waiting. */
  async #send(batch: AppendBatch): Promise<void> {
    const { registrar, companion, clock, onReplies } = this.#options;
    const call = { sinceMs: clock.monotonic() };
    this.#calls.add(call);
    let error: unknown;
    let replies: AppendReply[] | undefined;
    try {
      const streams = batch.parts.map(({ stream }) => stream);
      const unprepared = streams.filter((stream) => stream.log.waiting > 0 && !registrar.isPrepared(stream));
      if (unprepared.length > 0) await registrar.prepare(unprepared);
      if (companion !== undefined) await companion.write(batch.parts);
      replies = await this.#call(batch);
    } catch (caught) {
      error = caught;
    }
    this.#calls.delete(call);
    if (this.#isStopped) return;
    for (const { stream } of batch.parts) stream.isSending = false;
    if (replies === undefined) this.#fail(batch, error);
    else {
      this.#succeed(batch);
      onReplies(batch, replies);
    }
    for (const { stream } of batch.parts) if (stream.log.waiting > 0 || stream.mustCheck) this.makeReady(stream);
    if (this.#isIdle()) this.#wakeIdle();
    // What came meanwhile has its own time to wait.
    if (this.#linger === undefined) this.#pump();
  }

  async #call(batch: AppendBatch): Promise<AppendReply[]> {
    const { connection, companion, ack, clock } = this.#options;
    const { sha1 } = APPEND_SCRIPT;
    const { bytes, entries, memory } = packBatch(batch, sha1, clock.monotonic(), this.#requests, companion?.formOf);
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
      this.#requests.giveBack(memory);
      return expectReplies(reply, entries);
    }
    const reply = await appended;
    this.#requests.giveBack(memory);
    return expectReplies(reply, entries);
  }

  #fail({ parts }: AppendBatch, error: unknown): void {
    const { connection, counters, clock } = this.#options;
    const { code } = counters.error(error, clock.now());
    // A renewal of keys may have been in the call.
    for (const { stream } of parts) stream.renewAtMs = 0;
    if (!connection.isCluster || !connection.isReady) this.pause(error, code);
    else {
      this.holdBack(
        parts.map(({ stream }) => stream),
        error,
        code,
      );
    }
  }

  #succeed({ parts }: AppendBatch): void {
    if (this.#heldBack.size > 0) {
      for (const { stream } of parts) this.#heldBack.delete(stream);
      if (this.#heldBack.size === 0) this.#options.logger.info({}, 'all primaries of the cluster take appends again');
    }
    if (this.#attempt === 0) return;
    const { logger, clock, backlog } = this.#options;
    logger.info({ attempts: this.#attempt, bufferedFrames: backlog.frames }, 'appends to redis succeed again');
    this.#attempt = 0;
    this.#pace.begin(clock.monotonic());
  }

  #wakeIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}

function expectReplies(reply: unknown, count: number): AppendReply[] {
  const replies = parseReplies(reply, count);
  if (replies === undefined) throw new StoreError('Unknown', 'the append script answered in an unknown form');
  return replies;
}
