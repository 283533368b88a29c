import type { LabelSet } from '@pulsekeeper/model';

/** Label sets taken apart: what all have alike, and the rest of each. */
export interface SplitLabels {
  readonly common: LabelSet;
  /** In the order of the given ones. */
  readonly differing: readonly LabelSet[];
}

/** Takes the labels that all sets have with the same value out of them. Pure; `O(labels)`. */
export function splitCommonLabels(sets: readonly LabelSet[]): SplitLabels {
  const [first, ...others] = sets;
  const names = Object.keys(first ?? {}).filter((name) => others.every((set) => set[name] === first?.[name]));
  const shared = new Set(names);
  const pick = (set: LabelSet, isWanted: (name: string) => boolean): LabelSet =>
    Object.fromEntries(Object.entries(set).filter(([name]) => isWanted(name)));
  return {
    common: pick(first ?? {}, (name) => shared.has(name)),
    differing: sets.map((set) => pick(set, (name) => !shared.has(name))),
  };
}
