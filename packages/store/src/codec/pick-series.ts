import { createSeriesSchema, type SeriesSchema } from '@pulsekeeper/model';
import { metricOfKey } from '../schema/schema-summary.ts';

/** What the names of a family's series may have behind that of the family. */
const FAMILY_SUFFIX = /_(?:bucket|sum|count|total|created|info|gcount|gsum)$/;

/**
 * The schema of some series of another, with the metadata of their metrics; a key that comes twice is taken once.
 * O(indices + metadata).
 */
export function pickSeries(schema: SeriesSchema, indices: Iterable<number>): SeriesSchema {
  const keys = new Set<string>();
  const families = new Set<string>();
  for (const index of indices) {
    const key = schema.keyAt(index);
    keys.add(key);
    const metric = metricOfKey(key);
    families.add(metric);
    families.add(metric.replace(FAMILY_SUFFIX, ''));
  }
  let text = '';
  for (const key of keys) text += `${key}\n`;
  return createSeriesSchema(
    Buffer.from(text, 'utf8'),
    schema.metadata.filter(({ name }) => families.has(name)),
  );
}
