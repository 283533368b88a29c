import type { SeriesSchema } from '@pulsekeeper/model';
import { CorruptFrame } from '../errors.ts';
import { BitReader } from './bit-reader.ts';
import { decodeColumns } from './column-decoder.ts';
import { ColumnState } from './column-state.ts';
import { type FrameHeader, takeFrameHeader } from './frame-header.ts';
import { ByteCursor } from './varint.ts';

/** More columns than this are taken for corruption: a million series and what came and went around them. */
const MOST_COLUMNS = 4_000_000;

// Frames are decoded one at a time: all decoders share the scratch.
const reader = new BitReader();

/**
 * Follows a chain frame by frame; after each, `state` has the values of its columns. Schemas are looked up by the
 * caller beforehand (their ids are in the header), so that decoding itself never waits.
 *
 * After a {@link CorruptFrame} the decoder needs a key frame to go on.
 */
export class ChainDecoder {
  readonly state = new ColumnState();
  /** Explicit timestamps of the last frame, if it had any. */
  times: ColumnState | undefined;
  hasTimes = false;
  schemas: SeriesSchema[] = [];
  /** Index of the frame decoded last; −1: a key frame is needed. */
  #chainIndex = -1;

  get isFollowing(): boolean {
    return this.#chainIndex >= 0;
  }

  /** Forgets the chain, and keeps the memory for the next. */
  startOver(): void {
    this.#chainIndex = -1;
  }

  /**
   * @param schemas - those that the header names, in its order
   * @param wanted - see {@link ChainDecoder.decodeColumns}
   * @returns the frame's header; failures and end marks leave the state as it is
   * @throws CorruptFrame
   */
  decode(bytes: Uint8Array, slotMs: number, schemas: readonly SeriesSchema[], wanted?: Uint8Array): FrameHeader {
    const cursor = new ByteCursor(bytes);
    const header = takeFrameHeader(cursor, slotMs);
    this.decodeColumns(header, bytes, cursor.position, schemas, wanted);
    return header;
  }

  /**
   * As {@link decode}, for a frame whose header is known.
   *
   * @param columnsAt - where the columns begin
   * @param wanted - for each block how many of its columns are to be decoded, from its first on; the same for all frames of a
   *   chain. The others are not to be looked at
   * @throws CorruptFrame
   */
  decodeColumns(
    header: FrameHeader,
    bytes: Uint8Array,
    columnsAt: number,
    schemas: readonly SeriesSchema[],
    wanted?: Uint8Array,
  ): void {
    const { kind, slotMs, chainIndex, hasSampleTimestamps } = header;
    if (kind !== 'key' && kind !== 'delta') return;
    const before = this.#chainIndex;
    this.#chainIndex = -1;
    if (kind === 'key') this.#startOver(schemas);
    else if (before < 0) throw new CorruptFrame(`the delta of slot ${slotMs} has no key frame`);
    else if (chainIndex !== before + 1) {
      throw new CorruptFrame(`the delta of slot ${slotMs} is ${chainIndex} in its chain, not ${before + 1}`);
    } else this.#extend(schemas);
    reader.load(bytes);
    let position = decodeColumns(this.state, bytes, columnsAt, reader, wanted);
    this.hasTimes = hasSampleTimestamps;
    if (hasSampleTimestamps) {
      this.times ??= new ColumnState();
      this.times.extend(this.state.size);
      position = decodeColumns(this.times, bytes, position, reader, wanted);
    }
    if (position !== bytes.length) throw new CorruptFrame(`${bytes.length - position} bytes follow the last block`);
    this.#chainIndex = chainIndex;
  }

  isPresent(column: number): boolean {
    return this.state.isPresent(column);
  }

  hasTime(column: number): boolean {
    return this.hasTimes && this.times?.isPresent(column) === true;
  }

  #startOver(schemas: readonly SeriesSchema[]): void {
    this.schemas = [];
    this.state.reset(0);
    this.#extend(schemas);
    this.times?.reset(this.state.size);
  }

  #extend(schemas: readonly SeriesSchema[]): void {
    if (schemas.length === 0) return;
    this.schemas = [...this.schemas, ...schemas];
    const size = this.schemas.reduce((sum, schema) => sum + schema.size, 0);
    if (size > MOST_COLUMNS) throw new CorruptFrame(`a chain has ${size} columns`);
    this.state.extend(size);
  }
}
