import type { SeriesSchema } from '@pulsekeeper/model';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** What the index tells of a schema without its series: enough to pass it over. */
export interface SchemaSummary {
  readonly size: number;
  /** Names of its metrics, each once, in the order of their first series; `''` for series without a name. */
  readonly metrics: readonly string[];
}

const LINE_FEED = 10;
const BRACE_OPEN = 0x7b;

/** A summary that inflates to more is not believed; the schema itself is read then. */
const MOST_BYTES = 16 * 1024 * 1024;

export function summaryOf({ keys, size }: SeriesSchema): SchemaSummary {
  const metrics = new Set<string>();
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  let previous = 0;
  let previousEnd = 0;
  for (let start = 0; start < bytes.length; start = bytes.indexOf(LINE_FEED, start) + 1) {
    // Series of one metric mostly follow each other: only the first of them is looked at closely.
    let end = start;
    while (end - start < previousEnd - previous && bytes[end] === bytes[previous + end - start]) end++;
    const isSameMetric = end > start && end - start === previousEnd - previous && endsName(bytes[end]);
    if (isSameMetric) continue;
    metrics.add(metricOfKey(bytes.toString('utf8', start, bytes.indexOf(LINE_FEED, start))));
    previous = start;
    previousEnd = start;
    while (!endsName(bytes[previousEnd])) previousEnd++;
  }
  return { size, metrics: [...metrics] };
}

/** Whether the byte ends a metric's name that is not in quotes. */
function endsName(byte: number | undefined): boolean {
  return byte === BRACE_OPEN || byte === LINE_FEED || byte === undefined;
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
