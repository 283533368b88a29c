import type { Logger, TargetId } from '@pulsekeeper/model';
import { endHeader, type FrameHeader, readFrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame, StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { RANGE_SCRIPT, type RangeEntry, rangeEntries } from './range-script.ts';

/** Entries of one reply: some 400 KB of frames of 1,000 series, a millisecond of Redis' time. */
const PAGE_ENTRIES = 600;
/** The same for large frames: what reader and Redis hold at once. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** One stored frame with its header. */
export interface StoredFrame {
  readonly header: FrameHeader;
  readonly bytes: Buffer;
}

/** Part of a target's frames. */
export interface FramePage {
  /** From the stream, in order. */
  readonly frames: readonly StoredFrame[];
  /** Late frames of the whole range, in order, with the first page. Each can be read by itself. */
  readonly late: readonly StoredFrame[];
}

/** What scans share. */
export interface ScanContext {
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  readonly logger: Logger;
  /** Told of each frame that cannot be read. */
  readonly onCorrupt: (target: TargetId, slotMs: number, error: unknown) => void;
}

/**
 * The frames of a target that are needed to know those from `fromMs` to `toMs`: these, and the ones before them back to
 * their key frame. Frames without a readable header are left out.
 */
export async function* scanFrames(
  context: ScanContext,
  target: TargetId,
  fromMs: number,
  toMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<FramePage> {
  const keys = [context.keys.frames(target), context.keys.late(target)];
  const first = String(Math.max(0, Math.ceil(fromMs)));
  const last = String(Math.max(0, Math.floor(toMs)));
  let after = '';
  do {
    throwIfAborted(signal);
    const reply = await context.connection.run(RANGE_SCRIPT, keys, [first, last, after, PAGE_ENTRIES, PAGE_BYTES]);
    const [ids, next, lateIds, wrong, frames, lateFrames] = Array.isArray(reply) ? (reply as unknown[]) : [];
    const problem = Buffer.isBuffer(wrong) ? wrong.toString() : '';
    if (problem !== '') context.onCorrupt(target, fromMs, new CorruptFrame(problem));
    yield { frames: framesOf(context, target, ids, frames), late: framesOf(context, target, lateIds, lateFrames) };
    after = Buffer.isBuffer(next) ? next.toString('latin1') : '';
  } while (after !== '');
}

function framesOf(context: ScanContext, target: TargetId, ids: unknown, frames: unknown): StoredFrame[] {
  const found: StoredFrame[] = [];
  for (const entry of rangeEntries(ids, frames)) {
    const header = headerOf(context, target, entry);
    if (header !== undefined) found.push({ header, bytes: entry.bytes });
  }
  return found;
}

function headerOf(context: ScanContext, target: TargetId, entry: RangeEntry): FrameHeader | undefined {
  try {
    return entry.isEnd ? endHeader(entry.slotMs) : readFrameHeader(entry.bytes, entry.slotMs);
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    context.onCorrupt(target, entry.slotMs, error);
    return undefined;
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new StoreError('Aborted', 'reading was aborted', { cause: signal.reason });
}
