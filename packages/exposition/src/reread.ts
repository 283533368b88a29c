import type { BodyStore } from './body-store.ts';
import { MetadataTable } from './metadata-table.ts';
import { plainRows } from './plain-rows.ts';
import type { RowSink } from './plain-rows.ts';
import type { Readings, Rescan } from './rescan.ts';
import { isSameKeys, isSameMetadata } from './same-series.ts';
import type { Series } from './same-series.ts';
import { KEYS_LENGTH, ROWS, scanEngine } from './scan-engine.ts';
import type { ScanEngine } from './scan-engine.ts';
import { Scanner, VALUE } from './scanner.ts';
import type { ScanSettings } from './workspace.ts';

/**
 * Reads a body of which only the series are known: all of it, with its keys compared to those of the body before, so that it takes
 * neither that body nor memory for keys. Steps are those of `plainRows`.
 *
 * @param readings of the body before
 * @returns `undefined` when the series differ, or when the body has a series twice
 * @throws ParseError, LimitError
 */
export function* reread(
  body: BodyStore,
  settings: ScanSettings,
  series: Series,
  readings: Readings,
): Generator<undefined, Rescan | undefined> {
  const engine = scanEngine();
  if (engine === undefined) return undefined;
  const rows = new KnownRows(series.keys, readings.values);
  const work = { scanner: new Scanner(), metadata: new MetadataTable() };
  const end = yield* plainRows(engine, body, settings, work, rows);
  if (end !== 'all' || !rows.isComplete || !isSameMetadata(work.metadata.toArray(), series.metadata)) return undefined;
  return { values: rows.values, timestampsMs: rows.timestampsMs, changed: rows.changed };
}

/** Takes rows as long as they are of the series that are expected. */
class KnownRows implements RowSink {
  readonly values: Float64Array;
  timestampsMs: Float64Array | undefined;
  count = 0;
  readonly #keys: Uint8Array;
  readonly #before: Float64Array;
  readonly #changed: Uint32Array;
  #changedCount = 0;
  /** Bytes of the keys that have come. */
  #keysRead = 0;

  constructor(keys: Uint8Array, before: Float64Array) {
    this.#keys = keys;
    this.#before = before;
    this.values = new Float64Array(before.length);
    this.#changed = new Uint32Array(before.length);
  }

  get changed(): Uint32Array {
    return this.#changed.slice(0, this.#changedCount);
  }

  get isComplete(): boolean {
    return this.#keysRead === this.#keys.length;
  }

  take(engine: ScanEngine): boolean {
    const { state } = engine;
    if (!this.#expect(engine.keys.subarray(0, state[KEYS_LENGTH]))) return false;
    const rows = state[ROWS] ?? 0;
    for (let row = 0; row < rows; row++) this.#put(engine.values[row] ?? NaN, engine.timestampsMs[row] ?? NaN);
    state[ROWS] = 0;
    state[KEYS_LENGTH] = 0;
    return true;
  }

  takeGiant(key: Uint8Array, scanner: Scanner): boolean {
    if (!this.#expect(key)) return false;
    this.#put(scanner.numbers[VALUE] ?? NaN, scanner.timestampMs);
    return true;
  }

  #expect(keys: Uint8Array): boolean {
    const start = this.#keysRead;
    this.#keysRead += keys.length;
    return isSameKeys(this.#keys.subarray(start, this.#keysRead), keys);
  }

  #put(value: number, timestampMs: number): void {
    const row = this.count++;
    this.values[row] = value;
    if (!Object.is(value, this.#before[row])) this.#changed[this.#changedCount++] = row;
    if (this.timestampsMs !== undefined) this.timestampsMs[row] = timestampMs;
    else if (!Number.isNaN(timestampMs)) {
      this.timestampsMs = new Float64Array(this.values.length).fill(NaN);
      this.timestampsMs[row] = timestampMs;
    }
  }
}
