/** What the split of slots needs to know about a collector: a part of its record in ZooKeeper. */
export interface EpochCollector {
  readonly id: string;
  /** Relative share of the targets it wants. */
  readonly capacity: number;
  /** First moment (Unix ms) whose slots it may own. */
  readonly activeFromMs: number;
  /** First moment (Unix ms) whose slots it no longer owns; absent while nobody drains it. */
  readonly drainAtMs?: number | undefined;
}

/** A stretch of slot time during which the set of collectors is constant. */
export interface Epoch {
  /** First slot time that belongs to the epoch; `-Infinity` for the first of a list. */
  readonly fromMs: number;
  /** First slot time that no longer belongs to it; `Infinity` for the last of a list. */
  readonly untilMs: number;
  /** Sorted by id. Empty only when there is no collector at all. */
  readonly members: readonly EpochCollector[];
}

/**
 * Splits slot time into the stretches over which membership is constant.
 *
 * Slots are divided, not moments: a slot `s` belongs to the collectors with `activeFromMs ≤ s < drainAtMs`, whatever any
 * clock says when it is scraped. So a planned join or leave has one exact boundary, the same for everybody who has
 * heard of it. Where that set is empty (a cluster that has just started, or one whose last collectors all leave), the
 * collectors that are not draining own the slot, and failing those all of them.
 *
 * Boundaries at or before `sinceMs` are merged into the first epoch: nobody asks about slots that old.
 *
 * O(n²) in the number of boundaries (at most two a collector), which are few at any moment.
 */
export function splitIntoEpochs(collectors: Iterable<EpochCollector>, sinceMs: number): Epoch[] {
  const all = [...collectors].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const boundaries = new Set<number>();
  for (const { activeFromMs, drainAtMs } of all) {
    if (activeFromMs > sinceMs) boundaries.add(activeFromMs);
    if (drainAtMs !== undefined && drainAtMs > sinceMs) boundaries.add(drainAtMs);
  }
  const starts = [...boundaries].sort((a, b) => a - b);
  const epochs: Epoch[] = [];
  let fromMs = -Infinity;
  let members = membersAt(all, sinceMs);
  for (const boundaryMs of starts) {
    const next = membersAt(all, boundaryMs);
    if (sameMembers(members, next)) continue;
    epochs.push({ fromMs, untilMs: boundaryMs, members });
    fromMs = boundaryMs;
    members = next;
  }
  epochs.push({ fromMs, untilMs: Infinity, members });
  return epochs;
}

function membersAt(collectors: readonly EpochCollector[], slotMs: number): readonly EpochCollector[] {
  const active = collectors.filter(
    ({ activeFromMs, drainAtMs }) => activeFromMs <= slotMs && (drainAtMs === undefined || slotMs < drainAtMs),
  );
  if (active.length > 0) return active;
  const staying = collectors.filter(({ drainAtMs }) => drainAtMs === undefined);
  return staying.length > 0 ? staying : collectors;
}

function sameMembers(a: readonly EpochCollector[], b: readonly EpochCollector[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index]);
}
