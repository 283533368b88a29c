import type { DownsampleRule, LabelSet, SeriesSchema, TargetId } from '@pulsekeeper/model';
import {
  ChainEncoder,
  type ChainEncoderOptions,
  type EncodedColumns,
  type EncodedFrame,
  encodeEnd,
} from '../codec/chain-encoder.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { AppendOutcome } from '../frame-writer.ts';
import { packArguments } from '../redis/resp-writer.ts';
import { encodeAgain } from './recode.ts';
import { slotOfEntryId, TargetLog } from './target-log.ts';

/** Who waits for a frame; nobody for one that Redis has lost, or that comes from a spill file. */
export type Waiter = ((outcome: AppendOutcome) => void) | undefined;

/** Takes the place of who waited for a frame that Redis may have lost, or not: had it been there, nothing is to be told. */
const OFFERED_AGAIN = (): void => undefined;

/** What the end of a stream means for its writer. */
export type StreamEnd =
  /** It ends before what was acknowledged: Redis lost frames. `count` of them are going to be written again. */
  | { readonly kind: 'lost'; readonly count: number }
  /** Somebody else wrote. `offered` frames of before are going to be sent again, in case Redis lost them. */
  | { readonly kind: 'overtaken'; readonly offered: number };

/**
 * The writer's side of one target's stream: its encoder, its log and what it believes the stream to end with. Makes no
 * calls itself.
 */
export class TargetStream {
  readonly id: TargetId;
  readonly framesKey: string;
  /** Both keys as arguments of a request. */
  readonly packedKeys: Buffer;
  labels: LabelSet;
  retentionMs: number;
  /** Compactions of its time series, where there are any. */
  downsample: readonly DownsampleRule[] | undefined;
  readonly log = new TargetLog();
  /** Frames of the log are in a call; nothing may be taken from its front or changed meanwhile. */
  isSending = false;
  isClosed = false;
  /** To be compared with Redis although no frame waits. */
  mustCheck = false;
  /** The id that the stream ends with as far as is known; '' when it is not. */
  expected = '';
  /** Independent frames go after whatever there is. */
  isForced = false;
  /** Replies in a row that told of another end than expected. */
  mismatches = 0;
  /** Not to be sent before this time of the monotonic clock. */
  notBeforeMs = 0;
  droppedFrames = 0;
  lastAckAtMs = 0;
  /** When keys are to be renewed, and the index; see `Registrar`. */
  renewAtMs = 0;
  prepared: { generation: number; untilMs: number } | undefined;
  /** Schemas that frames of the log name. */
  readonly schemas = new Map<string, SeriesSchema>();
  readonly #encoder: ChainEncoder;
  #waiters: Waiter[] = [];
  #trimAtSlotMs = Infinity;
  #lastSlotMs = -1;
  #intervalMs = 0;
  /** Number of the log's frame that the encoder stands behind; −1 for none. */
  #encodedNumber = -1;
  readonly #keyFrameSlots: number;

  constructor(
    target: { id: TargetId; labels: LabelSet; retentionMs: number },
    keys: { frames: string; late: string },
    options: ChainEncoderOptions,
  ) {
    this.id = target.id;
    this.labels = target.labels;
    this.retentionMs = target.retentionMs;
    this.framesKey = keys.frames;
    this.packedKeys = packArguments([keys.frames, keys.late]);
    this.#encoder = new ChainEncoder(options);
    this.#keyFrameSlots = options.keyFrameSlots;
  }

  /** How long frames stay in the stream: a frame within the retention needs those back to its key frame. */
  get keptMs(): number {
    return this.retentionMs + this.#keyFrameSlots * this.#intervalMs;
  }

  /** Encodes a frame and puts it behind what waits. @returns bytes of the frame */
  append(frame: Frame, waiter: Waiter): number {
    // A frame from before the last cannot continue the chain, nor be continued by the next.
    this.#intervalMs = frame.intervalMs;
    const isBackwards = frame.slotMs <= this.#lastSlotMs;
    if (isBackwards) this.#encoder.breakChain();
    this.#encodedNumber = -1;
    const encoded = this.#encoder.encode(frame);
    if (isBackwards) this.#encoder.breakChain();
    else this.#lastSlotMs = frame.slotMs;
    const bytes = this.#push(encoded, waiter);
    this.#encodedNumber = this.log.numberAt(this.log.length - 1);
    return bytes;
  }

  /**
   * What a decoder would know after the frame at an index of the log, where the encoder has just encoded that frame. A view
   * that holds until anything is appended.
   */
  columnsAt(index: number): EncodedColumns | undefined {
    const isLast = this.#encodedNumber >= 0 && this.log.numberAt(index) === this.#encodedNumber;
    return isLast ? this.#encoder.columns : undefined;
  }

  appendEnd(slotMs: number, waiter: Waiter): number {
    this.#encoder.breakChain();
    return this.#push(encodeEnd(slotMs), waiter);
  }

  /** Puts a frame that is encoded already (from a spill file) behind what waits. */
  appendEncoded(frame: EncodedFrame, waiter: Waiter): number {
    this.#encoder.breakChain();
    this.isForced = true;
    this.#intervalMs = readFrameHeader(frame.bytes, frame.slotMs).intervalMs;
    this.#lastSlotMs = Math.max(this.#lastSlotMs, frame.slotMs);
    return this.#push(frame, waiter);
  }

  /** Makes the next frame a key frame, so that the log can begin there. */
  breakChain(): void {
    this.#encoder.breakChain();
  }

  /** The first waiting frame has its outcome. It stays in the log as what the next are based on. */
  settle(outcome: AppendOutcome): void {
    const waiter = this.#waiters.shift();
    this.log.acknowledged++;
    waiter?.(outcome);
  }

  /** The first waiting frame is in the stream. */
  settleWritten(): void {
    const index = this.log.acknowledged;
    const { log } = this;
    this.expected = log.idAt(index);
    this.isForced = false;
    this.mismatches = 0;
    const slotMs = log.slotAt(index) ?? 0;
    this.settle('written');
    if (index > 0 && log.isKeyAt(index)) this.#trimAtSlotMs = Math.min(this.#trimAtSlotMs, slotMs);
  }

  /** The first waiting frame is not in the stream, which ends with `lastId`. */
  settleBeside(outcome: AppendOutcome, lastId: string): void {
    this.settle(outcome);
    this.expected = lastId;
    this.isForced = true;
    // Nothing may be based on a frame that is not in the stream.
    if (this.log.waiting === 0) this.#encoder.breakChain();
  }

  /** Whether the first waiting frame, if any, can do without those before it. */
  get needsNoBase(): boolean {
    const { log } = this;
    return log.waiting === 0 || log.isIndependentAt(log.acknowledged);
  }

  /** Forgets acknowledged frames that need not be written again, and on which no others are based. */
  trim(newestSlotMs: number, windowMs: number): void {
    if (newestSlotMs - windowMs < this.#trimAtSlotMs) return;
    const start = this.log.lastStartBefore(newestSlotMs - windowMs);
    if (start === 0 || start > this.log.acknowledged) return;
    this.#dropFirst(start);
    this.#trimAtSlotMs = Infinity;
  }

  /**
   * Takes in that the stream ends otherwise than expected, and arranges the log so that sending may go on.
   *
   * @param offerMs - where the server may be one that lacks frames: how far back acknowledged frames are sent again although
   *   another writer has gone on behind them. Redis says of each whether it is there
   */
  meetEnd(lastId: string, offerMs = 0): StreamEnd {
    this.mismatches++;
    if (slotOfEntryId(lastId) < slotOfEntryId(this.expected)) return { kind: 'lost', count: this.#goBackTo(lastId) };
    const offered = this.#offerAgain(offerMs);
    this.startOver(lastId);
    return { kind: 'overtaken', offered };
  }

  /** Whether the first waiting frame was acknowledged before. */
  get isOfferedAgain(): boolean {
    return this.#waiters[0] === OFFERED_AGAIN;
  }

  /**
   * Encodes what waits once more, based on nothing. What lies at or before the stream's end becomes single frames. What was
   * acknowledged stays in the log: Redis may lose it yet.
   */
  startOver(lastId: string): void {
    const waiting = this.#encodeWaiting(slotOfEntryId(lastId));
    this.log.truncate(this.log.acknowledged);
    this.expected = lastId;
    this.isForced = true;
    this.#replace(waiting);
  }

  /** Drops the oldest waiting frames. */
  dropOldest(count: number): void {
    const { log } = this;
    const { acknowledged } = log;
    for (let dropped = 0; dropped < count && log.waiting > 0; dropped++) {
      this.droppedFrames++;
      this.settle('dropped');
    }
    const waiting = this.#encodeWaiting(-1);
    log.truncate(acknowledged);
    this.#replace(waiting);
  }

  waitingBytes(): number {
    let sum = 0;
    for (let index = this.log.acknowledged; index < this.log.length; index++) sum += this.log.sizeAt(index);
    return sum;
  }

  /** The waiting frames, encoded so that nothing before them is needed. The stream goes on with a key frame. */
  takeWaiting(): EncodedFrame[] {
    const frames = this.#encodeWaiting(-1);
    this.#encoder.breakChain();
    return frames;
  }

  /** Drops what waits and forgets what was acknowledged; the next frame stands by itself. */
  forgetAll(): void {
    this.dropAll();
    this.log.truncate(0);
    this.#encoder.breakChain();
    this.isForced = true;
    this.#trimAtSlotMs = Infinity;
    this.schemas.clear();
  }

  /** Whatever waits will not be written. */
  dropAll(): void {
    while (this.log.waiting > 0) {
      this.droppedFrames++;
      this.settle('dropped');
    }
  }

  #push(encoded: EncodedFrame, waiter: Waiter): number {
    for (const schema of encoded.schemas) {
      if (this.schemas.has(schema.id)) continue;
      this.schemas.set(schema.id, schema);
      this.prepared = undefined;
    }
    this.log.push(encoded.slotMs, encoded.kind, encoded.isIndependent, encoded.bytes);
    this.#waiters.push(waiter);
    return encoded.bytes.length;
  }

  /** Frames behind `lastId` wait again. @returns how many */
  #goBackTo(lastId: string): number {
    const { log } = this;
    const lastSlotMs = slotOfEntryId(lastId);
    let first = log.acknowledged;
    // What is older than the retention would go at once.
    const oldestMs = (log.slotAt(log.length - 1) ?? 0) - this.retentionMs;
    const isWanted = (slotMs: number): boolean => slotMs > lastSlotMs && slotMs >= oldestMs;
    while (first > 0 && isWanted(slotOfEntryId(log.idAt(first - 1)))) first--;
    const count = log.acknowledged - first;
    log.acknowledged = first;
    this.#waiters = [...new Array<Waiter>(count).fill(undefined), ...this.#waiters];
    this.prepared = undefined;
    this.renewAtMs = 0;
    this.#trimAtSlotMs = Infinity;
    const isContinued = lastId === '' ? first === 0 : first > 0 && log.idAt(first - 1) === lastId;
    if (isContinued) this.expected = lastId;
    else this.startOver(lastId);
    return count;
  }

  /** Acknowledged frames of the newest `windowMs` wait again, in front. @returns how many */
  #offerAgain(windowMs: number): number {
    const { log } = this;
    const oldestMs = (log.slotAt(log.acknowledged - 1) ?? 0) - Math.min(windowMs, this.retentionMs);
    let first = log.acknowledged;
    while (windowMs > 0 && first > 0 && (log.slotAt(first - 1) ?? 0) >= oldestMs) first--;
    const count = log.acknowledged - first;
    log.acknowledged = first;
    this.#waiters = [...new Array<Waiter>(count).fill(OFFERED_AGAIN), ...this.#waiters];
    return count;
  }

  #encodeWaiting(aloneUpToMs: number): EncodedFrame[] {
    const { log } = this;
    if (log.waiting === 0) {
      this.#encoder.breakChain();
      return [];
    }
    this.#encodedNumber = -1;
    return encodeAgain(log, log.acknowledged, aloneUpToMs, this.#encoder, (id) => {
      const schema = this.schemas.get(id);
      if (schema === undefined) throw new CorruptFrame(`schema ${id} of ${this.id} is not at hand`);
      return schema;
    });
  }

  #replace(frames: readonly EncodedFrame[]): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const [index, frame] of frames.entries()) this.#push(frame, waiters[index]);
    this.#trimAtSlotMs = Infinity;
    for (let index = this.log.acknowledged - 1; index > 0; index--) {
      if (this.log.isKeyAt(index)) this.#trimAtSlotMs = this.log.slotAt(index) ?? Infinity;
    }
    this.#forgetSchemas();
  }

  #dropFirst(count: number): void {
    this.log.dropFirst(count);
    this.#forgetSchemas();
  }

  /** Keeps only schemas that frames of the log name. */
  #forgetSchemas(): void {
    const { log } = this;
    const named = new Set<string>();
    for (let index = 0; index < log.length; index++) {
      const { slotMs, bytes } = log.at(index);
      for (const id of readFrameHeader(bytes, slotMs).schemaIds) named.add(id);
    }
    for (const id of this.schemas.keys()) if (!named.has(id)) this.schemas.delete(id);
  }
}
