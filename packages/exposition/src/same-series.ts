import type { MetricMetadata } from './exposition.ts';

/** The part of a result that stays the same from scrape to scrape, and is the same for targets of one kind. */
export interface Series {
  readonly keys: Uint8Array;
  readonly metadata: readonly MetricMetadata[];
}

/** Whether two lists of series keys are the same. */
export function isSameKeys(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Whether two bodies say the same about the same families in the same order. */
export function isSameMetadata(a: readonly MetricMetadata[], b: readonly MetricMetadata[]): boolean {
  return a.length === b.length && a.every((one, i) => isSameFamily(one, b[i]));
}

function isSameFamily(a: MetricMetadata, b: MetricMetadata | undefined): boolean {
  return a.name === b?.name && a.type === b.type && a.help === b.help && a.unit === b.unit;
}
