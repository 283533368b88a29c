/** Whether the collectors work by the ring that the registry's names give. */
export interface RingAgreement {
  /** The version computed here from what ZooKeeper says now; `null` when ZooKeeper could not be asked. */
  readonly version: string | null;
  /**
   * True when every collector publishes that version (or, without ZooKeeper, all the same one); `null` when nothing is
   * known of either.
   */
  readonly agreed: boolean | null;
  /** Collectors that work by another ring, or have not said by which. */
  readonly deviating: readonly string[];
}

/**
 * Compares the rings that collectors publish with the one that should be.
 *
 * A difference that lasts for a second or two is ordinary while targets or collectors come and go; `agreed` says what
 * is true at this moment.
 */
export function compareRings(
  version: string | undefined,
  published: ReadonlyMap<string, string | undefined>,
): RingAgreement {
  const expected = version ?? mostCommonRing([...published.values()]);
  const deviating = [...published].filter(([, ring]) => ring !== expected || ring === undefined).map(([id]) => id);
  const isUnknown = version === undefined && published.size === 0;
  return {
    version: version ?? null,
    agreed: isUnknown ? null : deviating.length === 0,
    deviating: deviating.sort(),
  };
}

/** The ring that most collectors publish; of equally many the one that sorts first. */
export function mostCommonRing(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== undefined) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))[0]?.[0];
}
