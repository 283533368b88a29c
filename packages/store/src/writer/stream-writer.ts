import { type Clock, deferred, identityHash, type Logger, type SeriesSchema, type TargetId } from '@pulsekeeper/model';
import type { EncodedFrame } from '../codec/chain-encoder.ts';
import type { Frame } from '../frame.ts';
import type { AppendOutcome, FrameWriter, TargetWriter, WrittenTarget } from '../frame-writer.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { explainExcess } from '../schema/schema-limits.ts';
import { AppendOutcomes } from './append-outcomes.ts';
import { AppendSender } from './append-sender.ts';
import { FrameBacklog } from './frame-backlog.ts';
import type { FrameCompanion } from './frame-companion.ts';
import { giveUp, type GivingUp } from './give-up.ts';
import { readLastSlots } from './last-slots.ts';
import { Registrar } from './registrar.ts';
import type { SpilledStream } from './spill-file.ts';
import { TargetStream } from './target-stream.ts';
import { WriterCounters } from './writer-counters.ts';

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
  readonly lingerMs: number;
  readonly ack: { readonly replicas: number; readonly timeoutMs: number };
  /** What is written beside the streams, if anything. */
  readonly companion?: FrameCompanion | undefined;
}

/**
 * Appends frames to Redis streams: knows the targets, holds what waits within its bound, and what Redis may yet lose.
 * {@link AppendSender} sends it, {@link AppendOutcomes} acts on what each reply says.
 */
export class StreamWriter implements FrameWriter {
  readonly counters = new WriterCounters();
  readonly #options: StreamWriterOptions;
  readonly #backlog = new FrameBacklog();
  readonly #sender: AppendSender;
  readonly #parts: GivingUp;
  readonly #streams = new Map<TargetId, { stream: TargetStream; writer: TargetWriter }>();
  /** Lists of series that are within bounds. */
  readonly #storable = new WeakSet<SeriesSchema>();
  #heldBytes = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
    const registrar = new Registrar(options.connection, options.keys, options.clock);
    const parts = { ...options, backlog: this.#backlog, counters: this.counters, registrar };
    this.#parts = parts;
    const outcomes = new AppendOutcomes({
      ...parts,
      onRefused: (stream, error, code) => {
        if (options.connection.isCluster) this.#sender.holdBack([stream], error, code);
        else this.#sender.pause(error, code);
        // Told within a script, so the connection does not see it: the primary is another one, elsewhere.
        if (code !== 'READONLY') return;
        for (const connection of [options.connection, options.lookups]) connection.reconnect('redis is a replica now');
      },
      onWritten: (stream) => this.#trim(stream),
    });
    this.#sender = new AppendSender({ ...parts, onReplies: (batch, replies) => outcomes.take(batch, replies) });
  }

  get bufferedFrames(): number {
    return this.#backlog.frames;
  }

  get bufferedBytes(): number {
    return this.#backlog.bytes;
  }

  /** Whether appends are refused, or their outcome is unknown. */
  get isFailing(): boolean {
    return this.#sender.isFailing;
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
    const { connection } = this.#options;
    const onReady = (): void => this.#sender.connect([...this.#streams.values()].map(({ stream }) => stream));
    connection.on('ready', onReady);
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
    if (connection.isReady) onReady();
  }

  open(target: WrittenTarget): TargetWriter {
    const retentionMs = target.retentionMs ?? this.#options.retentionMs;
    const known = this.#streams.get(target.id);
    if (known !== undefined) {
      const { stream } = known;
      stream.isClosed = false;
      stream.labels = target.labels;
      stream.retentionMs = retentionMs;
      stream.downsample = target.downsample;
      stream.prepared = undefined;
      return known.writer;
    }
    const { keys, keyFrameSlots, collector } = this.#options;
    const stream = new TargetStream(
      { ...target, retentionMs },
      { frames: keys.frames(target.id), late: keys.late(target.id) },
      { keyFrameSlots, keyFrameShift: identityHash(target.id) % keyFrameSlots, collector },
    );
    stream.downsample = target.downsample;
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
    return this.#sender.idle();
  }

  /** Stops sending. What waits is dropped; with `isSaved` it does not count as such, being in a file. */
  stop(isSaved = false): void {
    this.#isStopped = true;
    clearInterval(this.#sweeper);
    for (const { stream } of this.#streams.values()) {
      const frames = stream.log.waiting;
      if (frames > 0 && !isSaved) this.counters.drop(stream.id, frames);
      stream.dropAll();
    }
    this.#backlog.clear();
    this.#streams.clear();
    this.#sender.stop();
  }

  /** What waits, in a form that another writer can go on with. */
  *takeUnsent(): Iterable<SpilledStream> {
    for (const { stream } of this.#streams.values()) {
      if (stream.log.waiting === 0) continue;
      let frames: EncodedFrame[];
      try {
        frames = stream.takeWaiting();
      } catch (error) {
        giveUp(this.#parts, stream, error);
        continue;
      }
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
    if (frame.samples !== undefined) this.#requireStorable(frame.samples.schema);
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

  #requireStorable(schema: SeriesSchema): void {
    if (this.#storable.has(schema)) return;
    const excess = explainExcess(schema);
    if (excess !== undefined) throw new RangeError(`a list of series ${excess}`);
    this.#storable.add(schema);
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
    this.#backlog.enter(bytes);
    this.#sender.makeReady(stream);
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
    while (this.#backlog.bytes > this.#options.bufferBytes) {
      const stream = this.#oldestWaiting();
      if (stream === undefined) return;
      const { log } = stream;
      const count = Math.max(1, Math.ceil(log.waiting * DROP_SHARE));
      const frames = log.waiting;
      try {
        this.#backlog.recount(stream, () => stream.dropOldest(count));
      } catch (error) {
        this.counters.drop(stream.id, frames - log.waiting);
        giveUp(this.#parts, stream, error);
        continue;
      }
      this.#sender.noticeLeft();
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
        this.#sender.forget(stream);
      } else held += stream.log.heldBytes;
    }
    this.#heldBytes = held;
  }
}

function assertSlot(slotMs: number): void {
  if (!(Number.isSafeInteger(slotMs) && slotMs > 0)) {
    throw new RangeError(`a slot is a positive integer of milliseconds, got ${slotMs}`);
  }
}
