import type { TargetId } from '@pulsekeeper/model';
import { endHeader, readFrameHead, type FrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import { throwIfAborted, type ScanContext } from './frame-scan.ts';
import { HEAD_SCRIPT, toldHeads } from './head-script.ts';

const TARGETS_PER_CALL = 128;
/** Of one reply: some milliseconds of Redis' time. */
const HEADS_PER_CALL = 2_000;
/** Calls under way: one is served while the reply of the other is taken apart. In a cluster each is for one target. */
const CALLS_AHEAD = 3;
const CALLS_AHEAD_IN_CLUSTER = 64;

/** Which frames are looked at. */
export interface HeadRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether the newest frame before the range is told, too. */
  readonly withBefore: boolean;
}

/** Heads of frames of one target, as {@link readFrameHead} tells them. Not all of it, unless it is the last page. */
export interface HeadPage {
  readonly target: TargetId;
  /** From the stream, in order. */
  readonly heads: readonly FrameHeader[];
  /** Late frames of the whole range, in order, with the first page. */
  readonly late: readonly FrameHeader[];
  readonly isLast: boolean;
}

/**
 * The heads of the frames of many targets, with few round trips; target by target in the order given. Memory: some thousand heads.
 *
 * @throws StoreError
 */
export async function* scanHeads(
  context: ScanContext,
  targets: readonly TargetId[],
  range: HeadRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<HeadPage> {
  const { isCluster } = context.connection;
  const [perCall, mostAhead] = isCluster ? [1, CALLS_AHEAD_IN_CLUSTER] : [TARGETS_PER_CALL, CALLS_AHEAD];
  const ahead: { readonly some: readonly TargetId[]; readonly reply: Promise<HeadReply> }[] = [];
  for (let next = 0; next < targets.length || ahead.length > 0;) {
    for (; next < targets.length && ahead.length < mostAhead; next += perCall) {
      const some = targets.slice(next, next + perCall);
      const reply = askHeads(context, some, range, '');
      // Its error is thrown when its turn comes, or never when the caller stops before.
      reply.catch(() => undefined);
      ahead.push({ some, reply });
    }
    const asked = ahead.shift();
    if (asked === undefined) continue;
    let left = asked.some;
    for (let reply = await asked.reply; ; reply = await askHeads(context, left, range, reply.after)) {
      throwIfAborted(signal);
      yield* pagesOf(context, left, reply.text, range);
      left = left.slice(reply.told);
      if (left.length === 0) break;
    }
  }
}

interface HeadReply {
  /** Targets that were told to their end. */
  readonly told: number;
  readonly after: string;
  readonly text: Buffer;
}

async function askHeads(
  { connection, keys }: ScanContext,
  targets: readonly TargetId[],
  { fromMs, toMs, withBefore }: HeadRange,
  after: string,
): Promise<HeadReply> {
  const first = Math.max(0, Math.ceil(fromMs));
  const last = Math.max(0, Math.floor(toMs));
  const before = withBefore && first > 0 ? String(first - 1) : '';
  const reply = await connection.run(
    HEAD_SCRIPT,
    targets.flatMap((target) => [keys.frames(target), keys.late(target)]),
    [String(first), String(last), before, after, HEADS_PER_CALL],
  );
  const [told, next, text] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (typeof told !== 'number' || !Buffer.isBuffer(next) || !Buffer.isBuffer(text)) {
    throw new TypeError('the script that reads heads of frames answers in another form');
  }
  return { told, after: next.toString('latin1'), text };
}

function* pagesOf(
  context: ScanContext,
  targets: readonly TargetId[],
  text: Buffer,
  { fromMs }: HeadRange,
): Generator<HeadPage> {
  let index = 0;
  let heads: FrameHeader[] = [];
  let late: FrameHeader[] = [];
  for (const told of toldHeads(text)) {
    const target = targets[index];
    if (target === undefined) return;
    if ('isDamaged' in told) {
      if (told.isDamaged) context.onCorrupt(target, fromMs, new CorruptFrame('a key of frames is of another type'));
      yield { target, heads, late, isLast: true };
      index += 1;
      heads = [];
      late = [];
      continue;
    }
    const header = told.isEnd ? endHeader(told.slotMs) : headOf(context, target, told.head, told.slotMs);
    if (header !== undefined) (told.isLate ? late : heads).push(header);
  }
  const unfinished = targets[index];
  if (unfinished !== undefined && heads.length + late.length > 0) {
    yield { target: unfinished, heads, late, isLast: false };
  }
}

function headOf(context: ScanContext, target: TargetId, head: Buffer, slotMs: number): FrameHeader | undefined {
  try {
    return readFrameHead(head, slotMs);
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    context.onCorrupt(target, slotMs, error);
    return undefined;
  }
}
