import type { SeriesSchema } from '@pulsekeeper/model';
import type { Frame, FrameSamples } from '../frame.ts';
import { ByteWriter } from './byte-writer.ts';
import { ChainColumns, type ColumnMapping, hasUniqueKeys } from './chain-columns.ts';
import { encodeColumns } from './column-encoder.ts';
import { ColumnState } from './column-state.ts';
import { FRAME_KIND, FRAME_VERSION, type FrameKind, putFrameHeader } from './frame-header.ts';
import { pickSeries } from './pick-series.ts';

/** A chain takes at most this many lists of series after its first; then a key frame starts over. */
const MOST_EXTENSIONS = 8;
/** Columns may outnumber the series of a frame by this factor (and a few) before a key frame starts over. */
const MOST_COLUMNS_PER_SERIES = 1.25;
const FEW_COLUMNS = 32;

export interface ChainEncoderOptions {
  /** Slots from one key frame to the next. */
  readonly keyFrameSlots: number;
  /** Shifts the slot numbers of key frames, so that targets do not all have theirs at once. */
  readonly keyFrameShift: number;
  /** Written into key frames. */
  readonly collector: string;
}

/** One encoded frame. */
export interface EncodedFrame {
  readonly kind: FrameKind;
  readonly slotMs: number;
  /** Whether it can be read without the frame before it. */
  readonly isIndependent: boolean;
  /** Good until any frame is encoded; to be copied by who keeps it. */
  readonly bytes: Uint8Array;
  /** Schemas that the chain names up to this frame and that must be in Redis before it. */
  readonly schemas: readonly SeriesSchema[];
}

/** The columns of a frame, for frames that are encoded again from a decoder's state. */
export interface FrameColumns {
  /** All schemas of the chain; those behind the ones there are become an extension. */
  readonly schemas: readonly SeriesSchema[];
  readonly values: Float64Array;
  readonly present: Uint8Array | undefined;
  readonly timestampsMs: Float64Array | undefined;
  readonly hasTimestamp: Uint8Array | undefined;
}

/** The columns of a chain as its last frame leaves them. */
export interface EncodedColumns {
  readonly state: ColumnState;
  readonly schemas: readonly SeriesSchema[];
}

const NO_IDS: readonly string[] = [];

// Frames are encoded one at a time and copied out: all encoders share the scratch.
const writer = new ByteWriter();
let scatteredValues = new Float64Array(0);
let scatteredTimes = new Float64Array(0);
let presence = new Uint8Array(0);
let timePresence = new Uint8Array(0);

/** Encodes the frames of one target as a chain: a key frame, then what changed from frame to frame. */
export class ChainEncoder {
  readonly #options: ChainEncoderOptions;
  readonly #state = new ColumnState();
  #times: ColumnState | undefined;
  #columns = new ChainColumns();
  /** The key frame that deltas and failures refer to; `undefined`: the next samples start a chain. */
  #key: { slotMs: number; intervalMs: number; period: number } | undefined;
  #chainIndex = 0;
  /** Schemas of the chain that its frames have named so far. */
  #namedSchemas = 0;
  /** Said once in each chain, even one that begins with failures. */
  #named = false;

  constructor(options: ChainEncoderOptions) {
    this.#options = options;
  }

  /** What a decoder knows after the frame encoded last; a view that holds until the next is encoded. */
  get columns(): EncodedColumns {
    return { state: this.#state, schemas: this.#columns.schemas };
  }

  /** Makes the next frame independent of all before it. */
  breakChain(): void {
    this.#key = undefined;
    this.#named = false;
  }

  encode(frame: Frame): EncodedFrame {
    if (frame.samples === undefined) return this.#encodeFailure(frame);
    return this.#encodeSamples(frame, this.#incoming(frame, frame.samples));
  }

  /** As {@link encode}, for columns that a decoder holds. */
  encodeAgain(frame: Omit<Frame, 'samples'>, columns: FrameColumns): EncodedFrame {
    if (this.#followableKey(frame) === undefined) this.#startOver(frame, columns.schemas);
    else for (const schema of columns.schemas.slice(this.#columns.schemas.length)) this.#columns.add(schema);
    return this.#encodeSamples(frame, columns);
  }

  #encodeFailure(frame: Frame): EncodedFrame {
    const key = this.#followableKey(frame);
    writer.position = 0;
    putFrameHeader(writer, {
      slotMs: frame.slotMs,
      intervalMs: frame.intervalMs,
      timestampMs: frame.timestampMs,
      report: frame.report,
      kind: 'failure',
      keyDistance: key === undefined ? 0 : (frame.slotMs - key.slotMs) / frame.intervalMs,
      chainIndex: 0,
      collector: this.#nameOnce(),
      schemaIds: [],
      hasSampleTimestamps: false,
    });
    return { kind: 'failure', slotMs: frame.slotMs, isIndependent: key === undefined, bytes: takeBytes(), schemas: [] };
  }

  #encodeSamples(frame: Omit<Frame, 'samples'>, incoming: FrameColumns): EncodedFrame {
    const isKey = this.#chainIndex === 0;
    const known = isKey ? 0 : this.#namedSchemas;
    const all = this.#columns.schemas;
    const schemaIds = all.length === known ? NO_IDS : all.slice(known).map(({ id }) => id);
    this.#namedSchemas = this.#columns.schemas.length;
    const key = this.#key;
    writer.position = 0;
    putFrameHeader(writer, {
      slotMs: frame.slotMs,
      intervalMs: frame.intervalMs,
      timestampMs: frame.timestampMs,
      report: frame.report,
      kind: isKey ? 'key' : 'delta',
      keyDistance: isKey || key === undefined ? 0 : (frame.slotMs - key.slotMs) / frame.intervalMs,
      chainIndex: this.#chainIndex,
      collector: isKey ? this.#options.collector : undefined,
      schemaIds,
      hasSampleTimestamps: incoming.timestampsMs !== undefined,
    });
    this.#state.extend(this.#columns.size);
    encodeColumns(this.#state, incoming, writer);
    if (incoming.timestampsMs !== undefined) this.#encodeTimes(incoming.timestampsMs, incoming.hasTimestamp);
    this.#chainIndex++;
    this.#named = true;
    return {
      kind: isKey ? 'key' : 'delta',
      slotMs: frame.slotMs,
      isIndependent: isKey,
      bytes: takeBytes(),
      schemas: this.#columns.schemas,
    };
  }

  #encodeTimes(timestampsMs: Float64Array, present: Uint8Array | undefined): void {
    this.#times ??= new ColumnState();
    this.#times.extend(this.#columns.size);
    encodeColumns(this.#times, { values: timestampsMs, present }, writer);
  }

  #nameOnce(): string | undefined {
    if (this.#named) return undefined;
    this.#named = true;
    return this.#options.collector;
  }

  /** The key frame, if a frame at this slot may still refer to it. */
  #followableKey({ slotMs, intervalMs }: { slotMs: number; intervalMs: number }): { slotMs: number } | undefined {
    const key = this.#key;
    if (key?.intervalMs !== intervalMs || slotMs <= key.slotMs) return undefined;
    if ((slotMs - key.slotMs) % intervalMs !== 0) return undefined;
    return this.#period(slotMs, intervalMs) === key.period ? key : undefined;
  }

  /** The first samples of each period are a key frame. */
  #period(slotMs: number, intervalMs: number): number {
    const { keyFrameSlots, keyFrameShift } = this.#options;
    return Math.floor((Math.floor(slotMs / intervalMs) + keyFrameShift) / keyFrameSlots);
  }

  #startOver(frame: { slotMs: number; intervalMs: number }, schemas: readonly SeriesSchema[]): void {
    const { slotMs, intervalMs } = frame;
    this.#key = { slotMs, intervalMs, period: this.#period(slotMs, intervalMs) };
    this.#chainIndex = 0;
    this.#namedSchemas = 0;
    this.#columns = new ChainColumns();
    for (const schema of schemas) this.#columns.add(schema);
    this.#state.reset(this.#columns.size);
    this.#times?.reset(this.#columns.size);
  }

  /** Brings the samples into the order of the columns, and the columns up to what the samples need. */
  #incoming(frame: Frame, samples: FrameSamples): FrameColumns {
    const { schema } = samples;
    if (samples.values.length !== schema.size) {
      throw new RangeError(`${samples.values.length} values do not fit a schema of ${schema.size} series`);
    }
    const mapping = this.#followableKey(frame) === undefined ? undefined : this.#mapping(schema);
    const columnOf = mapping === undefined ? this.#startWith(frame, schema) : mapping.columnOf;
    if (columnOf === undefined) return this.#inPlace(samples);
    return this.#scatter(samples, columnOf);
  }

  /** The columns of a frame's series in the chain, extended where needed; `undefined` when starting over is cheaper. */
  #mapping(schema: SeriesSchema): ColumnMapping | undefined {
    if (this.#columns.size > schema.size * MOST_COLUMNS_PER_SERIES + FEW_COLUMNS) return undefined;
    const located = this.#columns.locate(schema);
    if (!('missing' in located)) return located;
    if (this.#columns.schemas.length > MOST_EXTENSIONS) return undefined;
    if (located.missing.length > this.#columns.size * (MOST_COLUMNS_PER_SERIES - 1) + FEW_COLUMNS) return undefined;
    this.#columns.add(pickSeries(schema, located.missing));
    const extended = this.#columns.locate(schema);
    return 'missing' in extended ? undefined : extended;
  }

  #startWith(frame: Frame, schema: SeriesSchema): Int32Array | undefined {
    const columns = hasUniqueKeys(schema) ? schema : pickSeries(schema, Array(schema.size).keys());
    this.#startOver(frame, [columns]);
    const located = this.#columns.locate(schema);
    return 'missing' in located ? undefined : located.columnOf;
  }

  #inPlace(samples: FrameSamples): FrameColumns {
    const { values, timestampsMs } = samples;
    let hasTimestamp: Uint8Array | undefined;
    if (timestampsMs !== undefined) {
      timePresence = atLeast(timePresence, values.length);
      hasTimestamp = timePresence;
      for (let at = 0; at < values.length; at++) hasTimestamp[at] = Number.isNaN(timestampsMs[at]) ? 0 : 1;
    }
    return { schemas: this.#columns.schemas, values, present: undefined, timestampsMs, hasTimestamp };
  }

  #scatter(samples: FrameSamples, columnOf: Int32Array): FrameColumns {
    const size = this.#columns.size;
    if (scatteredValues.length < size) scatteredValues = new Float64Array(size * 2);
    presence = atLeast(presence, size).fill(0, 0, size);
    // By words: a NaN's payload need not survive a move through a double.
    const from = wordsOf(samples.values);
    const to = wordsOf(scatteredValues);
    for (let at = 0; at < columnOf.length; at++) {
      const column = columnOf[at] ?? -1;
      if (column < 0) continue;
      to[column * 2] = from[at * 2] ?? 0;
      to[column * 2 + 1] = from[at * 2 + 1] ?? 0;
      presence[column] = 1;
    }
    const times = samples.timestampsMs;
    if (times !== undefined) this.#scatterTimes(times, columnOf, size);
    return {
      schemas: this.#columns.schemas,
      values: scatteredValues,
      present: presence,
      timestampsMs: times === undefined ? undefined : scatteredTimes,
      hasTimestamp: times === undefined ? undefined : timePresence,
    };
  }

  #scatterTimes(times: Float64Array, columnOf: Int32Array, size: number): void {
    if (scatteredTimes.length < size) scatteredTimes = new Float64Array(size * 2);
    timePresence = atLeast(timePresence, size).fill(0, 0, size);
    for (let at = 0; at < columnOf.length; at++) {
      const column = columnOf[at] ?? -1;
      const time = times[at] ?? Number.NaN;
      if (column < 0 || Number.isNaN(time)) continue;
      scatteredTimes[column] = time;
      timePresence[column] = 1;
    }
  }
}

/** The mark that a target left. */
export function encodeEnd(slotMs: number): EncodedFrame {
  return {
    kind: 'end',
    slotMs,
    isIndependent: true,
    bytes: Buffer.from([(FRAME_VERSION << 4) | FRAME_KIND.end]),
    schemas: [],
  };
}

function wordsOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

function atLeast(array: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return array.length < size ? new Uint8Array(size * 2) : array;
}

function takeBytes(): Uint8Array {
  return writer.bytes.subarray(0, writer.position);
}
