import type { MetricMetadata, SeriesSchema } from '@pulsekeeper/model';

/** What a list of series may be at most: readers refuse anything beyond, so nothing beyond is written. */
export const SCHEMA_LIMITS = {
  /** Bytes of the keys: a million series of 134 bytes, or all of a body of 100 MB and labels that relabelling adds. */
  keyBytes: 128 * 1024 * 1024,
  /** A chain of such a list stays below the columns that a decoder takes, however many series come and go. */
  series: 2_000_000,
  /** Bytes of the metadata as JSON: 200,000 metrics of 167 bytes. */
  metadataBytes: 32 * 1024 * 1024,
  /** A tenth of the series, as the scrape allows. */
  metrics: 200_000,
} as const;

/** Most bytes that a character of a text takes in JSON, and what an entry takes beside its texts. */
const JSON_CHARACTER_BYTES = 6;
const JSON_ENTRY_BYTES = 16;

/** Why a list of series is too large for the store, as words that follow "its list of series"; `undefined` for one that is not. */
export function explainExcess({ keys, size, metadata }: SeriesSchema): string | undefined {
  if (size > SCHEMA_LIMITS.series) return excess('has', size, SCHEMA_LIMITS.series, 'series');
  if (keys.length > SCHEMA_LIMITS.keyBytes) return excess('takes', keys.length, SCHEMA_LIMITS.keyBytes, 'bytes');
  const { metrics, metadataBytes } = SCHEMA_LIMITS;
  if (metadata.length > metrics) return excess('has', metadata.length, metrics, 'metrics with metadata');
  if (mostJsonBytes(metadata) <= metadataBytes) return undefined;
  const bytes = metadataToJson(metadata).length;
  return bytes > metadataBytes ? excess('has', bytes, metadataBytes, 'bytes of metadata') : undefined;
}

/** The metadata as it is stored. */
export function metadataToJson(metadata: readonly MetricMetadata[]): Buffer {
  return Buffer.from(JSON.stringify(metadata.map(({ name, type, help, unit }) => [name, type, help, unit])));
}

function mostJsonBytes(metadata: readonly MetricMetadata[]): number {
  let most = 2;
  for (const { name, type, help, unit } of metadata) {
    most += JSON_ENTRY_BYTES + JSON_CHARACTER_BYTES * (name.length + type.length + help.length + unit.length);
  }
  return most;
}

function excess(verb: string, actual: number, most: number, what: string): string {
  return `${verb} ${actual} ${what}, and the store takes ${most}`;
}
