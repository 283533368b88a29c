import type { TargetId } from '@pulsekeeper/model';
import { type FrameHeader, readFrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import type { LastReport } from '../frame-reader.ts';
import { type FrameHead, peekFrames } from './peek-frames.ts';
import type { ScanContext } from './frame-scan.ts';

/** The newest scrape of each target; those without any are left out. @throws StoreError */
export async function readLastReports(
  context: ScanContext,
  ids: readonly TargetId[],
): Promise<Map<TargetId, LastReport>> {
  const { connection, keys } = context;
  const newest = await peekFrames(
    connection,
    keys,
    ids.map((target) => ({ target, upToId: '+' })),
  );
  const found = new Map<TargetId, { header: FrameHeader; endedMs: number | undefined }>();
  for (const [index, target] of ids.entries()) {
    const last = lastScrape(context, target, newest[index] ?? []);
    if (last !== undefined) found.set(target, last);
  }
  // Only key frames name their writer.
  const unnamed = [...found].filter(([, { header }]) => header.collector === undefined && header.keyDistance > 0);
  const keyFrames = await peekFrames(
    connection,
    keys,
    unnamed.map(([target, { header }]) => ({
      target,
      upToId: `${header.slotMs - header.keyDistance * header.intervalMs}-0`,
    })),
  );
  const names = new Map<TargetId, string | undefined>();
  for (const [index, [target]] of unnamed.entries()) {
    const [head] = keyFrames[index] ?? [];
    names.set(target, head === undefined ? undefined : headerOf(context, target, head)?.collector);
  }
  const reports = new Map<TargetId, LastReport>();
  for (const [target, { header, endedMs }] of found) {
    const { slotMs, intervalMs, timestampMs, report } = header;
    const collector = header.collector ?? names.get(target);
    reports.set(target, { slotMs, intervalMs, timestampMs, report, collector, endedMs });
  }
  return reports;
}

function lastScrape(
  context: ScanContext,
  target: TargetId,
  heads: readonly FrameHead[],
): { header: FrameHeader; endedMs: number | undefined } | undefined {
  let endedMs: number | undefined;
  for (const head of heads) {
    const header = headerOf(context, target, head);
    if (header?.kind === 'end') endedMs = header.slotMs;
    else if (header !== undefined) return { header, endedMs };
  }
  return undefined;
}

function headerOf(context: ScanContext, target: TargetId, { id, bytes }: FrameHead): FrameHeader | undefined {
  const slotMs = Number.parseInt(id, 10);
  try {
    return readFrameHeader(bytes, slotMs);
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    context.onCorrupt(target, slotMs, error);
    return undefined;
  }
}
