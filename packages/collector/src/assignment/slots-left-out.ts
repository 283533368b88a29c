/** What is known, at a take-over, of the slots before the open one. */
export interface LeftOutInput {
  /** The newest slot that the store holds of the target. */
  readonly lastSlotMs: number;
  /** The slot that is looked up: the open one, or the last that was. */
  readonly slotMs: number;
  readonly intervalMs: number;
  /** Since when this collector has known of the target: what was before is not known to have been expected. */
  readonly knownFromMs: number;
}

/**
 * How many slots the owner that is gone left without a frame: those between the newest in the store and the one that is
 * looked up. Its own counters are gone with it, so its successor counts them as missed. Pure.
 */
export function slotsLeftOut({ lastSlotMs, slotMs, intervalMs, knownFromMs }: LeftOutInput): number {
  const firstMs = Math.max(lastSlotMs + intervalMs, knownFromMs);
  return Math.max(0, Math.floor((slotMs - firstMs) / intervalMs));
}
