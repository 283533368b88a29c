/** A histogram on a page of metrics, or what it gained between two looks. */
export interface MetricHistogram {
  readonly count: number;
  /** Upper bounds, ascending, the last one `Infinity`, each with how many values are at or below it. */
  readonly buckets: readonly { readonly bound: number; readonly below: number }[];
  /** What it gained since an earlier look. */
  readonly since: (earlier: MetricHistogram) => MetricHistogram;
  /** The upper bound of the bucket that holds the quantile, so it is that or less; 0 when there is nothing. */
  readonly quantile: (share: number) => number;
}

type Buckets = MetricHistogram['buckets'];

/** Reads a histogram without labels from a page in Prometheus' text format. Without buckets when the page has none. */
export function readHistogram(page: string, name: string): MetricHistogram {
  const lines = page.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm'));
  return histogramOf(
    Array.from(lines, ([, bound = '', below]) => ({
      bound: bound === '+Inf' ? Infinity : Number(bound),
      below: Number(below),
    })),
  );
}

/** All values of several histograms with the same bounds. */
export function sumHistograms(histograms: readonly MetricHistogram[]): MetricHistogram {
  const [first] = histograms;
  return histogramOf(combine(first?.buckets ?? [], histograms.slice(1), 1));
}

function histogramOf(buckets: Buckets): MetricHistogram {
  const count = buckets.at(-1)?.below ?? 0;
  return {
    count,
    buckets,
    since: (earlier) => histogramOf(combine(buckets, [earlier], -1)),
    quantile: (share) => (count === 0 ? 0 : (buckets.find(({ below }) => below >= share * count)?.bound ?? Infinity)),
  };
}

function combine(buckets: Buckets, others: readonly MetricHistogram[], sign: 1 | -1): Buckets {
  return buckets.map(({ bound, below }, index) => ({
    bound,
    below: others.reduce((sum, other) => sum + sign * (other.buckets[index]?.below ?? 0), below),
  }));
}
