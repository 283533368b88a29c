import type { Logger, TargetId } from '@pulsekeeper/model';
import { endHeader, type FrameHeader, takeFrameHeader } from '../codec/frame-header.ts';
import { ByteCursor } from '../codec/varint.ts';
import { CorruptFrame, StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { packArguments } from '../redis/resp-writer.ts';
import { RANGE_START_SCRIPT } from './range-start-script.ts';
import { entryOf, type StreamEntry, streamEntries } from './stream-entries.ts';

/** Entries of one reply: some 400 KB of frames of 1,000 series, half a millisecond of Redis' time. */
const PAGE_ENTRIES = 600;
/** The same for large frames: what reader and Redis hold at once. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** One stored frame with its header. */
export interface StoredFrame {
  readonly header: FrameHeader;
  readonly bytes: Buffer;
  /** Where the columns begin, behind the header. */
  readonly columnsAt: number;
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
 * their key frame. Frames without a readable header are left out. Redis works on a page while the one before is taken.
 */
export async function* scanFrames(
  context: ScanContext,
  target: TargetId,
  fromMs: number,
  toMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<FramePage> {
  throwIfAborted(signal);
  const { connection, keys } = context;
  const stream = keys.frames(target);
  const first = String(Math.max(0, Math.ceil(fromMs)));
  const last = String(Math.max(0, Math.floor(toMs)));
  const reply = await connection.run(RANGE_START_SCRIPT, [stream, keys.late(target)], [first, last]);
  const [start, bytes, lateIds, wrong, lateFrames] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const problem = textOf(wrong);
  if (problem !== '') context.onCorrupt(target, fromMs, new CorruptFrame(problem));
  let late = framesOf(context, target, lateEntries(textOf(lateIds), lateFrames));
  let largest = typeof bytes === 'number' ? bytes : 0;
  const readPage = (from: string): PendingPage => {
    const count = Math.min(PAGE_ENTRIES, Math.max(1, Math.floor(PAGE_BYTES / Math.max(1, largest))));
    const entries = readEntries(connection, stream, [from, last, 'COUNT', String(count)]);
    // Its error is thrown when its turn comes, or never when the caller stops before.
    entries.catch(() => undefined);
    return { count, entries };
  };
  let pending = textOf(start) === '' ? undefined : readPage(textOf(start));
  if (pending === undefined && late.length > 0) yield { frames: [], late };
  while (pending !== undefined) {
    const { count, entries } = pending;
    const page = await entries;
    for (const entry of page) largest = Math.max(largest, entry.bytes.length);
    throwIfAborted(signal);
    const lastEntry = page.at(-1);
    pending = lastEntry === undefined || page.length < count ? undefined : readPage(`(${lastEntry.id}`);
    yield { frames: framesOf(context, target, page), late };
    late = [];
  }
}

/** A page that was asked for. */
interface PendingPage {
  /** The most entries that it may have. */
  readonly count: number;
  readonly entries: Promise<StreamEntry[]>;
}

async function readEntries(
  connection: RedisConnection,
  stream: string,
  args: readonly string[],
): Promise<StreamEntry[]> {
  const words = ['XRANGE', stream, ...args];
  const request = Buffer.concat([Buffer.from(`*${words.length}\r\n`), packArguments(words)]);
  return streamEntries(await connection.callForBytes('XRANGE', stream, request));
}

function lateEntries(ids: string, frames: unknown): StreamEntry[] {
  if (ids === '' || !Array.isArray(frames)) return [];
  return ids.split(' ').flatMap((id, index) => {
    const bytes: unknown = frames[index];
    return Buffer.isBuffer(bytes) ? [entryOf(id, bytes)] : [];
  });
}

function framesOf(context: ScanContext, target: TargetId, entries: readonly StreamEntry[]): StoredFrame[] {
  const found: StoredFrame[] = [];
  for (const { slotMs, isEnd, bytes } of entries) {
    try {
      if (isEnd) found.push({ header: endHeader(slotMs), bytes, columnsAt: bytes.length });
      else {
        const cursor = new ByteCursor(bytes);
        const header = takeFrameHeader(cursor, slotMs);
        found.push({ header, bytes, columnsAt: cursor.position });
      }
    } catch (error) {
      if (!(error instanceof CorruptFrame)) throw error;
      context.onCorrupt(target, slotMs, error);
    }
  }
  return found;
}

function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : '';
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new StoreError('Aborted', 'reading was aborted', { cause: signal.reason });
}
