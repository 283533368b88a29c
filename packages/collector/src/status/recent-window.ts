import { SLOT_COUNTS, type SlotCounts } from '../schedule/slot-counters.ts';

/** Counters at one moment. */
interface Snapshot {
  readonly atMs: number;
  readonly slots: SlotCounts;
  readonly samples: number;
}

/** What happened within a window. */
export interface WindowCounts {
  readonly windowMs: number;
  readonly slots: SlotCounts;
  readonly samples: number;
}

/**
 * What counters gained over the last minutes, from snapshots taken now and then. Memory: one snapshot per `add` within
 * the window.
 */
export class RecentWindow {
  readonly #windowMs: number;
  readonly #snapshots: Snapshot[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Takes a snapshot. Times must not go back. */
  add(atMs: number, slots: SlotCounts, samples: number): void {
    this.#snapshots.push({ atMs, slots: { ...slots }, samples });
    // One snapshot from before the window stays, so that the window is full.
    while ((this.#snapshots[1]?.atMs ?? Infinity) <= atMs - this.#windowMs) this.#snapshots.shift();
  }

  /** What was gained since the oldest snapshot that is at most `maxAgeMs` older than the newest (or just older). */
  since(maxAgeMs: number): WindowCounts | undefined {
    const last = this.#snapshots.at(-1);
    if (last === undefined) return undefined;
    const first = this.#snapshots.findLast(({ atMs }) => atMs <= last.atMs - maxAgeMs) ?? this.#snapshots[0];
    if (first === undefined) return undefined;
    const gained = Object.fromEntries(SLOT_COUNTS.map((name) => [name, last.slots[name] - first.slots[name]]));
    return {
      windowMs: last.atMs - first.atMs,
      slots: gained as Record<keyof SlotCounts, number>,
      samples: last.samples - first.samples,
    };
  }
}
