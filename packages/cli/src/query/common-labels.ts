import type { LabelSet } from '@pulsekeeper/model';

/** Label sets taken apart: what all have alike, and the rest of each. */
export interface SplitLabels {
  readonly common: LabelSet;
  /** In the order of the given sets; labels with many values come first, which tell the sets apart. */
  readonly differing: readonly LabelSet[];
}

/** Takes the labels that all sets have with the same value out of them. Pure; `O(labels)`. */
export function splitCommonLabels(sets: readonly LabelSet[]): SplitLabels {
  const [first, ...others] = sets;
  const names = Object.keys(first ?? {}).filter((name) => others.every((set) => set[name] === first?.[name]));
  const shared = new Set(names);
  const pick = (set: LabelSet, isWanted: (name: string) => boolean): LabelSet =>
    Object.fromEntries(Object.entries(set).filter(([name]) => isWanted(name)));
  const differing = sets.map((set) => pick(set, (name) => !shared.has(name)));
  const order = byDistinctValues(differing);
  return {
    common: pick(first ?? {}, (name) => shared.has(name)),
    differing: differing.map((set) =>
      Object.fromEntries(order.flatMap((name) => (set[name] === undefined ? [] : [[name, set[name]]]))),
    ),
  };
}

/** Names of labels, those with the most different values first. */
function byDistinctValues(sets: readonly LabelSet[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of sets.flatMap((set) => Object.entries(set))) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return [...values].sort(([, a], [, b]) => b.size - a.size).map(([name]) => name);
}
