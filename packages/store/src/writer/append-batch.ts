import { APPEND_REPLY } from '../redis/append-script.ts';
import { packArguments, RespWriter } from '../redis/resp-writer.ts';
import type { RequestMemory } from './request-memory.ts';
import type { TargetStream } from './target-stream.ts';

/** Most frames and bytes of one call: it holds Redis up for some 5 µs a frame. */
export const MOST_FRAMES = 64;
const MOST_BYTES = 512 * 1024;
/** Frames of one target that a call takes, so that all targets of a backlog advance together. */
const MOST_FRAMES_OF_TARGET = 8;

/** What one call appends: for each stream a run of frames, `count` 0 for a mere comparison. */
export interface AppendBatch {
  readonly parts: readonly { readonly stream: TargetStream; readonly count: number }[];
  readonly frames: number;
  readonly bytes: number;
}

/** How one frame fared. */
export interface AppendReply {
  readonly code: number;
  /** The id that the stream ends with, or the text of an error. */
  readonly text: string;
  /** Head of the frame that a doubled slot holds. */
  readonly head: Buffer | undefined;
}

/**
 * Takes streams from the front of `ready` into one call; those that are not ready yet stay.
 *
 * @param mostFrames - how many may be sent now
 * @param single - only one stream a call, as a cluster demands
 */
export function takeBatch(ready: Set<TargetStream>, nowMs: number, mostFrames: number, single: boolean): AppendBatch {
  const parts: { stream: TargetStream; count: number }[] = [];
  let frames = 0;
  let bytes = 0;
  const room = Math.min(mostFrames, MOST_FRAMES);
  for (const stream of ready) {
    if (stream.notBeforeMs > nowMs) continue;
    let count = 0;
    const { log } = stream;
    while (count < log.waiting && count < MOST_FRAMES_OF_TARGET && frames < room) {
      const size = log.sizeAt(log.acknowledged + count);
      if (frames > 0 && bytes + size > MOST_BYTES) break;
      bytes += size;
      frames++;
      count++;
    }
    if (count === 0 && log.waiting > 0) break;
    ready.delete(stream);
    if (count === 0 && !stream.mustCheck) continue;
    parts.push({ stream, count });
    if (frames >= room || bytes >= MOST_BYTES || single || parts.length >= MOST_FRAMES) break;
  }
  return { parts, frames, bytes };
}

/** The bytes of a frame of a stream's log as Redis is to have them, at most {@link MOST_FORM_BYTES}; always the same for a frame. */
export type FrameForm = (stream: TargetStream, index: number) => Uint8Array;

/** More than any header takes: a failure's message and the names in it are bounded. */
export const MOST_FORM_BYTES = 4 * 1024;

/** A call of the append script as the protocol's bytes, and how many frames it is about. */
export interface AppendRequest {
  readonly bytes: Buffer;
  readonly entries: number;
  /** What `bytes` lie in: to be given back when the call was answered. */
  readonly memory: Buffer;
}

/** Bytes of one frame's arguments beside keys, mark and the frame itself: ids, times, lengths. */
const ARGUMENT_BYTES = 200;
const MARK_BYTES = 32;
const ARGUMENTS_OF_FRAME = 5;

/** Ids as arguments: the frames of all targets of a slot have the same. */
const packedIds = new Map<string, Buffer>();
const MOST_PACKED_IDS = 64;

/**
 * @param formOf - the form in which frames of a log are stored, where that is not the frame as it is in the log
 */
export function packBatch(
  batch: AppendBatch,
  sha1: string,
  nowMs: number,
  requests: RequestMemory,
  formOf?: FrameForm,
): AppendRequest {
  let entries = 0;
  let mostBytes = 200 + batch.bytes;
  for (const { stream, count } of batch.parts) {
    const frames = Math.max(1, count);
    entries += frames;
    mostBytes += frames * (stream.packedKeys.length + ARGUMENT_BYTES + MARK_BYTES);
    if (formOf !== undefined) mostBytes += frames * MOST_FORM_BYTES;
  }
  const memory = requests.take(mostBytes);
  const writer = new RespWriter(memory);
  writer.array(3 + entries * (2 + ARGUMENTS_OF_FRAME));
  writer.ascii('EVALSHA');
  writer.ascii(sha1);
  writer.ascii(String(entries * 2));
  for (const { stream, count } of batch.parts) {
    for (let left = Math.max(1, count); left > 0; left--) writer.raw(stream.packedKeys);
  }
  for (const { stream, count } of batch.parts) {
    if (count === 0) packCheck(writer, stream, formOf);
    else packFrames(writer, stream, count, nowMs, formOf);
  }
  return { bytes: writer.finish(), entries, memory };
}

function packCheck(writer: RespWriter, stream: TargetStream, formOf: FrameForm | undefined): void {
  writer.ascii(stream.expected);
  writer.ascii(stream.expected);
  packMark(writer, stream, formOf);
  writer.nothing();
  writer.nothing();
}

function packFrames(
  writer: RespWriter,
  stream: TargetStream,
  count: number,
  nowMs: number,
  formOf: FrameForm | undefined,
): void {
  const { log } = stream;
  let { expected } = stream;
  const first = log.acknowledged;
  for (let index = first; index < first + count; index++) {
    const id = log.idAt(index);
    const isIndependent = log.isIndependentAt(index);
    const isFree = isIndependent && (stream.isForced || expected === '');
    packId(writer, id);
    if (isFree) writer.nothing();
    else packId(writer, expected);
    // What this very call writes needs no mark: nobody can come between.
    if (isFree || index > first) writer.nothing();
    else packMark(writer, stream, formOf);
    packKeepArgument(writer, stream, isIndependent, nowMs);
    if (formOf !== undefined) writer.bulk(formOf(stream, index));
    else {
      log.copyTo(index, writer.bytes, writer.beginBulk(log.sizeAt(index)));
      writer.endBulk();
    }
    expected = id;
  }
}

function packId(writer: RespWriter, id: string): void {
  let packed = packedIds.get(id);
  if (packed === undefined) {
    packed = packArguments([id]);
    if (packedIds.size === MOST_PACKED_IDS) packedIds.clear();
    packedIds.set(id, packed);
  }
  writer.raw(packed);
}

/**
 * The mark of the frame that the stream should end with, if the log still has it: its first 32 bytes. They hold the header
 * with the duration of the scrape in microseconds and, in key frames, the name of the collector, so they tell two frames
 * of the same slot apart.
 */
function packMark(writer: RespWriter, stream: TargetStream, formOf: FrameForm | undefined): void {
  const { log, expected } = stream;
  const index = log.acknowledged - 1;
  if (index < 0 || log.idAt(index) !== expected) {
    writer.nothing();
    return;
  }
  if (formOf !== undefined) {
    writer.bulk(formOf(stream, index).subarray(0, MARK_BYTES));
    return;
  }
  const length = Math.min(MARK_BYTES, log.sizeAt(index));
  log.copyTo(index, writer.bytes, writer.beginBulk(length), length);
  writer.endBulk();
}

/** Retention and time to live, with every independent frame, and before the time to live becomes short. */
function packKeepArgument(writer: RespWriter, stream: TargetStream, isIndependent: boolean, nowMs: number): void {
  if (!isIndependent && nowMs < stream.renewAtMs) {
    writer.nothing();
    return;
  }
  const { refreshMs, timeToLiveMs } = lifetimes(stream.retentionMs);
  stream.renewAtMs = nowMs + refreshMs;
  writer.ascii(`${stream.keptMs} ${timeToLiveMs}`);
}

/** Times that follow from a retention: how often keys are renewed, and how long they then live. */
export function lifetimes(retentionMs: number): { refreshMs: number; timeToLiveMs: number } {
  const refreshMs = Math.min(Math.ceil(retentionMs / 8), 6 * 3_600_000);
  return { refreshMs, timeToLiveMs: Math.ceil(retentionMs) + 2 * refreshMs };
}

/** The script's replies; `undefined` when they are not what the script returns. */
export function parseReplies(reply: unknown, count: number): AppendReply[] | undefined {
  if (!Array.isArray(reply) || reply.length !== count) return undefined;
  return (reply as unknown[]).map((entry) => {
    if (typeof entry === 'number') return { code: entry, text: '', head: undefined };
    const [code, text, head] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return {
      code: typeof code === 'number' ? code : APPEND_REPLY.error,
      text: Buffer.isBuffer(text) ? text.toString() : '',
      head: Buffer.isBuffer(head) ? head : undefined,
    };
  });
}
