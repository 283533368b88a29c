import type { TargetId } from '@pulsekeeper/model';
import type { FrameHeader } from '../codec/frame-header.ts';
import type { OutcomePage, SlotOutcome } from '../frame-reader.ts';
import type { ScanContext } from './frame-scan.ts';
import { scanHeads, type HeadRange } from './head-scan.ts';

/** How the slots of many targets ended, late frames at their place. @throws StoreError */
export async function* scanOutcomes(
  context: ScanContext,
  targets: readonly TargetId[],
  range: HeadRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<OutcomePage> {
  // Of the target whose pages come.
  let late: FrameHeader[] = [];
  for await (const page of scanHeads(context, targets, range, signal)) {
    late.push(...page.late);
    const outcomes: SlotOutcome[] = [];
    for (const header of page.heads) {
      while ((late[0]?.slotMs ?? Infinity) < header.slotMs) outcomes.push(...late.splice(0, 1).map(outcomeOf));
      outcomes.push(outcomeOf(header));
    }
    if (page.isLast) {
      outcomes.push(...late.map(outcomeOf));
      late = [];
    }
    yield { target: page.target, outcomes, isLast: page.isLast };
  }
}

function outcomeOf({ slotMs, intervalMs, timestampMs, kind, report }: FrameHeader): SlotOutcome {
  const slotKind = kind === 'key' || kind === 'delta' ? 'samples' : kind;
  return { slotMs, intervalMs, timestampMs, kind: slotKind, up: report.up };
}
