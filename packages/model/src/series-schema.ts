import { createHash } from 'node:crypto';
import type { LabelSet } from './labels.ts';
import { compareNames } from './labels.ts';
import { parseSeriesKey } from './series-key.ts';

/** What an exposition says of a metric family. Absent parts are `''`. */
export interface MetricMetadata {
  readonly name: string;
  /** `counter`, `gauge`, `histogram`, `summary`, `unknown`, … as exposed. */
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/**
 * The list of series that a scrape yields, in the order of its values. Immutable; instances that expose the same list
 * have schemas of the same {@link SeriesSchema.id}.
 *
 * Holds the bytes it was made from and, once {@link SeriesSchema.keyAt} was used, 4 bytes a series.
 */
export interface SeriesSchema {
  /** Identity by content: 32 hexadecimal digits, the first 16 bytes of a SHA-256 over keys and metadata. */
  readonly id: string;
  /** Number of series. */
  readonly size: number;
  /** Canonical series keys as UTF-8, each followed by a line feed. Not to be written to. */
  readonly keys: Uint8Array;
  /** Metadata, sorted by name. */
  readonly metadata: readonly MetricMetadata[];
  /**
   * The key of a series, decoded at each call.
   * @throws RangeError when there is no such series.
   */
  keyAt(index: number): string;
  /**
   * The labels of a series, parsed at each call.
   * @throws RangeError when there is no such series.
   */
  labelsAt(index: number): LabelSet;
}

const LINE_FEED = 10;

/**
 * A schema over the given bytes, which must not be written to afterwards. The id is computed when first asked for.
 *
 * @param keys - Series keys as {@link formatSeriesKey} writes them, UTF-8, each followed by a line feed.
 * @throws TypeError when the last key is not followed by a line feed.
 */
export function createSeriesSchema(keys: Uint8Array, metadata: readonly MetricMetadata[] = []): SeriesSchema {
  if (keys.length > 0 && keys[keys.length - 1] !== LINE_FEED) {
    throw new TypeError('the last series key is not followed by a line feed');
  }
  return new BytesSchema(
    keys,
    metadata.toSorted((left, right) => compareNames(left.name, right.name)),
  );
}

class BytesSchema implements SeriesSchema {
  readonly keys: Uint8Array;
  readonly metadata: readonly MetricMetadata[];
  readonly size: number;
  #id: string | undefined;
  /** Where each key ends (at its line feed). */
  #ends: Uint32Array | undefined;

  constructor(keys: Uint8Array, metadata: readonly MetricMetadata[]) {
    this.keys = keys;
    this.metadata = metadata;
    this.size = countLineFeeds(keys);
  }

  get id(): string {
    this.#id ??= contentId(this.keys, this.metadata);
    return this.#id;
  }

  keyAt(index: number): string {
    this.#ends ??= lineEnds(this.keys, this.size);
    const end = this.#ends[index];
    if (end === undefined) {
      throw new RangeError(`series ${index} of ${this.size} does not exist`);
    }
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0) + 1;
    return asBuffer(this.keys).toString('utf8', start, end);
  }

  labelsAt(index: number): LabelSet {
    return parseSeriesKey(this.keyAt(index));
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function countLineFeeds(bytes: Uint8Array): number {
  const buffer = asBuffer(bytes);
  let count = 0;
  for (let at = buffer.indexOf(LINE_FEED); at >= 0; at = buffer.indexOf(LINE_FEED, at + 1)) {
    count += 1;
  }
  return count;
}

function lineEnds(bytes: Uint8Array, size: number): Uint32Array {
  const buffer = asBuffer(bytes);
  const ends = new Uint32Array(size);
  let at = -1;
  for (let index = 0; index < size; index += 1) {
    at = buffer.indexOf(LINE_FEED, at + 1);
    ends[index] = at;
  }
  return ends;
}

/**
 * SHA-256 over: the number of key bytes (8 bytes, big-endian), the keys, and for each metadata entry the JSON of
 * `[name, type, help, unit]` with a line feed. The length in front keeps keys and metadata from being confused.
 */
function contentId(keys: Uint8Array, metadata: readonly MetricMetadata[]): string {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(keys.length));
  const hash = createHash('sha256').update(length).update(keys);
  for (const { name, type, help, unit } of metadata) {
    hash.update(`${JSON.stringify([name, type, help, unit])}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}
