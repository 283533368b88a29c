import type { SeriesSchema } from '@pulsekeeper/model';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { keysOf } from './schema-keys.ts';

/** What the index tells of a schema without its series: enough to pass it over. */
export interface SchemaSummary {
  readonly size: number;
  /** Names of its metrics, each once, in the order of their first series; `''` for series without a name. */
  readonly metrics: readonly string[];
}

const MOST_BYTES = 64 * 1024 * 1024;

export function summaryOf(schema: SeriesSchema): SchemaSummary {
  const metrics = new Set<string>();
  for (const key of keysOf(schema)) metrics.add(metricOfKey(key));
  return { size: schema.size, metrics: [...metrics] };
}

/** The metric's name of a canonical series key. */
export function metricOfKey(key: string): string {
  const brace = key.indexOf('{');
  if (brace !== 0) return brace < 0 ? key : key.slice(0, brace);
  // `{"quoted name",…}` or no name at all: the name is the quoted text that no equals sign follows.
  const match = /^\{"((?:[^"\\]|\\.)*)"[,}]/.exec(key);
  return (match?.[1] ?? '').replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

export function summaryToBytes(summary: SchemaSummary): Buffer {
  return deflateRawSync(JSON.stringify([summary.size, ...summary.metrics]));
}

/** @returns `undefined` when the bytes are no summary: the schema has to be read itself then */
export function summaryOfBytes(bytes: Uint8Array): SchemaSummary | undefined {
  try {
    const list = JSON.parse(inflateRawSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8')) as unknown;
    if (!Array.isArray(list)) return undefined;
    const [size, ...metrics] = list as unknown[];
    if (typeof size !== 'number' || !metrics.every((metric) => typeof metric === 'string')) return undefined;
    return { size, metrics };
  } catch {
    // Not worth an error: a summary only saves reading.
    return undefined;
  }
}
