import type { TargetId } from '@pulsekeeper/model';
import { readFrameHead, type FrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import type { LastReport } from '../frame-reader.ts';
import type { ScanContext } from './frame-scan.ts';
import { peekFrames, type FrameHead, type Peek } from './peek-frames.ts';

/** What is told of the latest scrape of a target. */
interface LatestScrape {
  readonly header: FrameHeader;
  readonly endedMs: number | undefined;
}

/** The newest scrape of each target; those without any are left out. @throws StoreError */
export async function readLastReports(
  context: ScanContext,
  ids: readonly TargetId[],
  withCollector: boolean,
): Promise<Map<TargetId, LastReport>> {
  const latest = await latestScrapes(context, ids, withCollector);
  const names = withCollector ? await collectorsOf(context, latest) : new Map<TargetId, string>();
  const reports = new Map<TargetId, LastReport>();
  for (const [target, { header, endedMs }] of latest) {
    const { slotMs, intervalMs, timestampMs, report } = header;
    const collector = header.collector ?? names.get(target);
    reports.set(target, { slotMs, intervalMs, timestampMs, report, collector, endedMs });
  }
  return reports;
}

async function latestScrapes(
  context: ScanContext,
  ids: readonly TargetId[],
  withCollector: boolean,
): Promise<Map<TargetId, LatestScrape>> {
  const latest = new Map<TargetId, LatestScrape>();
  const peek = async (some: readonly TargetId[], count: Peek['count']): Promise<TargetId[]> => {
    const targets = some.map((target) => ({ target, upToId: '+' }));
    const told = await peekFrames(context.connection, context.keys, { targets, count, withCollector });
    const damaged: TargetId[] = [];
    for (const [index, target] of some.entries()) {
      let endedMs: number | undefined;
      for (const head of told[index] ?? []) {
        const header = headerOf(context, target, head, withCollector);
        if (header === undefined) {
          damaged.push(target);
        } else if (header.kind === 'end') {
          endedMs = header.slotMs;
        } else {
          latest.set(target, { header, endedMs });
          break;
        }
      }
    }
    return damaged;
  };
  // Behind a frame that nothing can be made of the one before it counts.
  const damaged = await peek(ids, 1);
  if (damaged.length > 0) await peek([...new Set(damaged)], 2);
  return latest;
}

/** Names of collectors that the frames themselves do not tell: only key frames name their writer. */
async function collectorsOf(
  context: ScanContext,
  latest: ReadonlyMap<TargetId, LatestScrape>,
): Promise<Map<TargetId, string>> {
  const unnamed = [...latest].filter(([, { header }]) => header.collector === undefined && header.keyDistance > 0);
  const targets = unnamed.map(([target, { header }]) => ({
    target,
    upToId: `${header.slotMs - header.keyDistance * header.intervalMs}-0`,
  }));
  const keyFrames = await peekFrames(context.connection, context.keys, { targets, count: 1, withCollector: true });
  const names = new Map<TargetId, string>();
  for (const [index, { target }] of targets.entries()) {
    const [head] = keyFrames[index] ?? [];
    const name = head && headerOf(context, target, head, true)?.collector;
    if (name !== undefined) names.set(target, name);
  }
  return names;
}

function headerOf(
  context: ScanContext,
  target: TargetId,
  { slotMs, bytes }: FrameHead,
  withCollector: boolean,
): FrameHeader | undefined {
  try {
    return readFrameHead(bytes, slotMs, withCollector ? 'collector' : 'failure');
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    context.onCorrupt(target, slotMs, error);
    return undefined;
  }
}
