import type { TargetId } from '@pulsekeeper/model';
import { readFrameHead, type FrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import type { LastReport } from '../frame-reader.ts';
import type { ScanContext } from './frame-scan.ts';
import { peekFrames, type FrameHead, type Peek } from './peek-frames.ts';

/** The newest scrape of each target; those without any are left out. @throws StoreError */
export async function readLastReports(
  context: ScanContext,
  ids: readonly TargetId[],
  withCollector: boolean,
): Promise<Map<TargetId, LastReport>> {
  const reports = new Map<TargetId, LastReport>();
  /** Only key frames name their writer: where it is, for those whose newest frame is another. */
  const keyFrameIds = new Map<TargetId, string>();
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
          reports.set(target, reportOf(header, endedMs));
          if (header.keyDistance === 0) keyFrameIds.delete(target);
          else if (withCollector) keyFrameIds.set(target, keyFrameIdOf(header));
          break;
        }
      }
    }
    return damaged;
  };
  // Behind a frame that nothing can be made of the one before it counts.
  const damaged = await peek(ids, 1);
  if (damaged.length > 0) await peek([...new Set(damaged)], 2);
  if (withCollector) await addCollectors(context, reports, keyFrameIds);
  return reports;
}

function reportOf(header: FrameHeader, endedMs: number | undefined): LastReport {
  const { slotMs, intervalMs, timestampMs, report, collector } = header;
  return { slotMs, intervalMs, timestampMs, report, collector, endedMs };
}

function keyFrameIdOf({ slotMs, keyDistance, intervalMs }: FrameHeader): string {
  return `${slotMs - keyDistance * intervalMs}-0`;
}

async function addCollectors(
  context: ScanContext,
  reports: Map<TargetId, LastReport>,
  keyFrameIds: ReadonlyMap<TargetId, string>,
): Promise<void> {
  const unnamed = [...reports].filter(([, { collector }]) => collector === undefined);
  const targets = unnamed.flatMap(([target]) => {
    const upToId = keyFrameIds.get(target);
    return upToId === undefined ? [] : [{ target, upToId }];
  });
  const told = await peekFrames(context.connection, context.keys, { targets, count: 1, withCollector: true });
  for (const [index, { target }] of targets.entries()) {
    const [head] = told[index] ?? [];
    const collector = head && headerOf(context, target, head, true)?.collector;
    const report = reports.get(target);
    if (report !== undefined) reports.set(target, { ...report, collector });
  }
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
