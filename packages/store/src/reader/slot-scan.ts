import type { TargetId } from '@pulsekeeper/model';
import type { SlotRecord } from '../frame-reader.ts';
import { scanFrames, type ScanContext, type StoredFrame } from './frame-scan.ts';

/** The headers of a target's frames from `fromMs` to `toMs`, in the order of slots. @throws StoreError */
export async function* scanSlots(
  context: ScanContext,
  target: TargetId,
  fromMs: number,
  toMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<SlotRecord> {
  const late: StoredFrame[] = [];
  let collector: string | undefined;
  for await (const page of scanFrames(context, target, fromMs, toMs, signal)) {
    late.push(...page.late);
    for (const frame of page.frames) {
      const { header } = frame;
      while ((late[0]?.header.slotMs ?? Infinity) < header.slotMs) {
        const next = late.shift();
        if (next !== undefined) yield recordOf(next, next.header.collector, true);
      }
      // Key frames name their writer, and the deltas on them are by the same.
      if (header.kind === 'key' || header.collector !== undefined) collector = header.collector;
      if (header.slotMs >= fromMs) yield recordOf(frame, header.kind === 'end' ? undefined : collector, false);
    }
  }
  for (const frame of late) yield recordOf(frame, frame.header.collector, true);
}

function recordOf({ header, bytes }: StoredFrame, collector: string | undefined, late: boolean): SlotRecord {
  const { kind, slotMs, intervalMs, timestampMs, report } = header;
  return {
    slotMs,
    intervalMs,
    timestampMs,
    kind: kind === 'key' || kind === 'delta' ? 'samples' : kind,
    up: report.up,
    failure: report.failure,
    durationSeconds: report.durationSeconds,
    attempts: report.attempts,
    collector,
    late,
    sizeBytes: bytes.length,
  };
}
