/** What of a collector decides when it owns targets; times in Unix milliseconds. */
export interface MemberTimes {
  readonly id: string;
  readonly capacity: number;
  readonly activeFromMs: number;
  readonly drainAtMs?: number | undefined;
}

/**
 * The collectors among which the targets of a slot are split, by the rule that the collectors themselves follow:
 * those that are active from before the slot and do not drain until after it; when there is none, all that are not
 * draining (a cold start); when there is none either, all.
 */
export function membersAt<Member extends MemberTimes>(collectors: Iterable<Member>, slotMs: number): Member[] {
  const all = [...collectors];
  const members = all.filter(
    ({ activeFromMs, drainAtMs }) => activeFromMs <= slotMs && (drainAtMs === undefined || slotMs < drainAtMs),
  );
  if (members.length > 0) {
    return members;
  }
  const staying = all.filter(({ drainAtMs }) => drainAtMs === undefined);
  return staying.length > 0 ? staying : all;
}
