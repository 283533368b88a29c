import type { LabelSet } from '@pulsekeeper/model';

import type { SampledSeries } from './matrix.ts';

/** How the values of several series at one instant become one. */
export const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count'] as const;

/** One of {@link AGGREGATIONS}. */
export type Aggregation = (typeof AGGREGATIONS)[number];

/**
 * Puts series together that agree in the given labels, instant by instant, as Prometheus's aggregation operators do:
 * the result has these labels alone, and a value wherever one of the series has one. `min` and `max` leave NaN out where
 * there is anything else. The series must have been aligned to the same instants. `O(samples)`.
 */
export function aggregate(
  series: readonly SampledSeries[],
  aggregation: Aggregation,
  by: readonly string[],
): SampledSeries[] {
  const groups = new Map<string, { readonly labels: LabelSet; readonly instants: Map<number, Accumulator> }>();
  for (const { labels, timestampsMs, values } of series) {
    const kept = by.map((name) => [name, labels[name] ?? ''] as const).filter(([, value]) => value !== '');
    const key = JSON.stringify(kept);
    const group = groups.get(key) ?? { labels: Object.fromEntries(kept), instants: new Map<number, Accumulator>() };
    groups.set(key, group);
    for (const [index, atMs] of timestampsMs.entries()) {
      const accumulator = group.instants.get(atMs) ?? new Accumulator();
      group.instants.set(atMs, accumulator);
      accumulator.add(values[index] ?? Number.NaN);
    }
  }
  return [...groups.values()].map(({ labels, instants }) => {
    const sorted = [...instants].sort(([a], [b]) => a - b);
    return {
      labels,
      timestampsMs: Float64Array.from(sorted, ([atMs]) => atMs),
      values: Float64Array.from(sorted, ([, accumulator]) => accumulator.result(aggregation)),
    };
  });
}

/** The values of one group at one instant. */
class Accumulator {
  #count = 0;
  #sum = 0;
  /** What rounding took from the sum (Neumaier's variant of Kahan's summation). */
  #compensation = 0;
  #min = Number.NaN;
  #max = Number.NaN;

  add(value: number): void {
    const sum = this.#sum + value;
    if (Number.isFinite(sum)) {
      const [larger, smaller] = Math.abs(this.#sum) >= Math.abs(value) ? [this.#sum, value] : [value, this.#sum];
      this.#compensation += larger - sum + smaller;
    }
    this.#sum = sum;
    this.#count += 1;
    this.#min = value < this.#min || Number.isNaN(this.#min) ? value : this.#min;
    this.#max = value > this.#max || Number.isNaN(this.#max) ? value : this.#max;
  }

  result(aggregation: Aggregation): number {
    switch (aggregation) {
      case 'sum':
        return this.#total();
      case 'avg':
        return this.#total() / this.#count;
      case 'min':
        return this.#min;
      case 'max':
        return this.#max;
      case 'count':
        return this.#count;
    }
  }

  #total(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#compensation : this.#sum;
  }
}
