/** One collector as the live status shows it. */
export interface CollectorFigures {
  readonly id: string;
  readonly state: string;
  readonly targets: number;
  readonly expected: number;
  readonly written: number;
  readonly failed: number;
  readonly missed: number;
  readonly samplesPerSecond: number;
}

/** What the live status shows, read through the same doors as the CLI's `status`. */
export interface ClusterFigures {
  readonly collectors: readonly CollectorFigures[];
  readonly services: number;
  readonly targets: number;
  readonly targetsUp: number;
  /** The newest first, a line each. */
  readonly errors: readonly string[];
}

/** The sums over the collectors. */
export function sumFigures(collectors: readonly CollectorFigures[]): Omit<CollectorFigures, 'id' | 'state'> {
  const sum = (pick: (figures: CollectorFigures) => number): number =>
    collectors.reduce((total, figures) => total + pick(figures), 0);
  return {
    targets: sum((figures) => figures.targets),
    expected: sum((figures) => figures.expected),
    written: sum((figures) => figures.written),
    failed: sum((figures) => figures.failed),
    missed: sum((figures) => figures.missed),
    samplesPerSecond: sum((figures) => figures.samplesPerSecond),
  };
}
