import { countSlotsBetween, phaseMs, slotsBetween, type TargetId } from '@pulsekeeper/model';
import type { FrameReader } from '@pulsekeeper/store';

/** What Redis holds of the slots of one target, or of all. */
export interface SlotSummary {
  readonly expected: number;
  readonly written: number;
  /** Of the written ones, those that say `up 0`. */
  readonly failed: number;
  readonly missed: number;
  /** Slots with more than one frame. */
  readonly doubled: number;
  readonly samples: number;
  /** The first few missed slots, as `<target> at <time>`. */
  readonly missedSlots: readonly string[];
}

/** A target to be judged. */
export interface JudgedTarget {
  readonly id: TargetId;
  readonly intervalMs: number;
}

const EMPTY: SlotSummary = { expected: 0, written: 0, failed: 0, missed: 0, doubled: 0, samples: 0, missedSlots: [] };

/** Counts, from what is in Redis alone, the slots of all targets with `fromMs ≤ slot < toMs`. */
export async function summarizeSlots(
  reader: FrameReader,
  targets: readonly JudgedTarget[],
  fromMs: number,
  toMs: number,
): Promise<SlotSummary> {
  let total = EMPTY;
  for (const target of targets) {
    const found = new Map<number, boolean[]>();
    for await (const record of reader.slots(target.id, fromMs, toMs - 1)) {
      if (record.kind !== 'end') found.set(record.slotMs, [...(found.get(record.slotMs) ?? []), record.up]);
    }
    total = add(total, judge(target, found, fromMs, toMs));
  }
  const matcher = { name: '__name__', op: '=', value: 'scrape_samples_scraped' } as const;
  let samples = 0;
  for await (const series of reader.select([matcher], fromMs, toMs - 1)) {
    for (const value of series.values) if (!Number.isNaN(value)) samples += value;
  }
  return { ...total, samples };
}

function judge(
  { id, intervalMs }: JudgedTarget,
  found: ReadonlyMap<number, readonly boolean[]>,
  fromMs: number,
  toMs: number,
): SlotSummary {
  const phase = phaseMs(id, intervalMs);
  const missedSlots: string[] = [];
  let missed = 0;
  for (const slotMs of slotsBetween(fromMs, toMs, intervalMs, phase)) {
    if (found.has(slotMs)) continue;
    missed += 1;
    if (missedSlots.length < 5) missedSlots.push(`${id} at ${new Date(slotMs).toISOString()}`);
  }
  const records = [...found.values()];
  return {
    expected: countSlotsBetween(fromMs, toMs, intervalMs, phase),
    written: records.length,
    failed: records.filter((ups) => ups.includes(false)).length,
    missed,
    doubled: records.filter((ups) => ups.length > 1).length,
    samples: 0,
    missedSlots,
  };
}

function add(left: SlotSummary, right: SlotSummary): SlotSummary {
  return {
    expected: left.expected + right.expected,
    written: left.written + right.written,
    failed: left.failed + right.failed,
    missed: left.missed + right.missed,
    doubled: left.doubled + right.doubled,
    samples: left.samples + right.samples,
    missedSlots: [...left.missedSlots, ...right.missedSlots].slice(0, 10),
  };
}

/** The summary that `--for` ends with. */
export function formatSummary(summary: SlotSummary, targets: number, seconds: number): string[] {
  const { expected, written, failed, missed, doubled, samples } = summary;
  return [
    `Read back from Redis: ${targets} targets over ${seconds} s`,
    `  slots    ${expected} expected, ${written} written, ${failed} failed, ${missed} missed, ${doubled} doubled`,
    `  samples  ${samples}`,
    ...summary.missedSlots.map((slot) => `  missed   ${slot}`),
  ];
}
