import type { LabelSet, TargetId } from '@pulsekeeper/model';
import { ChainDecoder } from '../codec/chain-decoder.ts';
import type { FrameHeader } from '../codec/frame-header.ts';
import { BLOCK_SERIES } from '../codec/series-model.ts';
import { StoreError } from '../errors.ts';
import type { SeriesResult } from '../frame-reader.ts';
import { ChainGrid } from './chain-grid.ts';
import type { ScanContext, StoredFrame } from './frame-scan.ts';
import type { SchemaCache } from './schema-cache.ts';
import type { SchemaView } from './schema-view.ts';
import { seriesLabels, type SeriesMatch } from './series-match.ts';
import { SeriesPoints, type SlotTimes } from './series-points.ts';
import { SYNTHETIC_SERIES, syntheticLabels } from './synthetic-series.ts';

/** The target whose frames are collected. */
export interface CollectedTarget {
  readonly id: TargetId;
  readonly labels: LabelSet;
}

/**
 * Gathers the wanted series of one target from its frames. Frames are decoded chain by chain, once all frames of a chain
 * are known, because only then is it known which blocks of columns are wanted.
 */
export class SeriesCollector {
  readonly #context: ScanContext;
  readonly #cache: SchemaCache;
  readonly #target: CollectedTarget;
  readonly #match: SeriesMatch;
  readonly #fromMs: number;
  readonly #toMs: number;
  /** Wanted series by key. */
  readonly #series = new Map<string, { labels: LabelSet; points: SeriesPoints }>();
  readonly #synthetic: readonly { labels: LabelSet; points: SeriesPoints; index: number }[];
  /** Slots of the range so far, in the order of arrival, with the time of their samples. */
  readonly #slots: { slotMs: number; timestampMs: number }[] = [];
  #chain: StoredFrame[] = [];
  /** Frames of the range that have come, decoded or not: how many slots there will be at least, give or take end marks. */
  #slotsToCome = 0;
  #hasOwnTimes = false;
  /** The last slot that is read beyond the range; −1 while the range itself is read. */
  #beyondMs = -1;

  constructor(
    context: ScanContext,
    cache: SchemaCache,
    target: CollectedTarget,
    match: SeriesMatch,
    fromMs: number,
    toMs: number,
  ) {
    this.#context = context;
    this.#cache = cache;
    this.#target = target;
    this.#match = match;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    this.#synthetic = match.syntheticOf(target.labels).map((index) => ({
      index,
      labels: syntheticLabels(SYNTHETIC_SERIES[index]?.metadata.name ?? '', target.labels),
      points: new SeriesPoints(),
    }));
  }

  /** Takes further frames of the stream, in order. */
  async add(frames: readonly StoredFrame[]): Promise<void> {
    for (const { header } of frames) if (this.#isWithin(header.slotMs)) this.#slotsToCome++;
    for (const frame of frames) {
      if (frame.header.kind === 'key') await this.#finishChain();
      this.#chain.push(frame);
    }
  }

  /** Takes late frames. The stream's frames must have been added. */
  async addLate(frames: readonly StoredFrame[]): Promise<void> {
    await this.#finishChain();
    for (const frame of frames) {
      this.#chain.push(frame);
      await this.#finishChain();
    }
  }

  /** Whether the frames so far have samples with times of their own: those of the range may be in later frames, too. */
  get hasOwnTimes(): boolean {
    return this.#hasOwnTimes;
  }

  /** Slots of the range so far. */
  get slotCount(): number {
    return this.#slots.length;
  }

  /** Takes frames of slots behind the range, from which only samples with a time of their own within it are wanted. */
  async addBeyond(frames: readonly StoredFrame[], toMs: number): Promise<void> {
    await this.#finishChain();
    this.#beyondMs = toMs;
    await this.add(frames);
  }

  /** The series with at least one point, in the order in which they came up. */
  async *finish(): AsyncGenerator<SeriesResult> {
    await this.#finishChain();
    const slots = this.#slotTimes();
    for (const { labels, points } of [...this.#synthetic, ...this.#series.values()]) {
      if (points.length === 0) continue;
      const found = points.finish(slots, this.#fromMs, this.#toMs);
      if (found.values.length > 0) yield { target: this.#target.id, labels, ...found };
    }
  }

  #isWithin(slotMs: number): boolean {
    return slotMs >= this.#fromMs && slotMs <= this.#toMs;
  }

  #slotTimes(): SlotTimes {
    const slots = this.#slots;
    const timestampsMs = Float64Array.from(slots, ({ timestampMs }) => timestampMs);
    const order = slots.map((_, index) => index);
    const isOrdered = slots.every(({ slotMs }, index) => index === 0 || slotMs > (slots[index - 1]?.slotMs ?? 0));
    if (!isOrdered) order.sort((left, right) => (slots[left]?.slotMs ?? 0) - (slots[right]?.slotMs ?? 0));
    const isWithin = timestampsMs.every((time) => time >= this.#fromMs && time <= this.#toMs);
    return { order, timestampsMs, isPlain: isOrdered && isWithin };
  }

  async #finishChain(): Promise<void> {
    const chain = this.#chain;
    this.#chain = [];
    if (chain.length === 0) return;
    const ids = new Set(chain.flatMap(({ header }) => header.schemaIds));
    this.#decodeChain(chain, await this.#cache.views(ids));
  }

  #decodeChain(chain: readonly StoredFrame[], views: ReadonlyMap<string, SchemaView>): void {
    const ordered = orderedSchemas(chain);
    const { columns, points } = this.#wantedColumns(ordered, views);
    const wanted = wantedOfBlocks(columns);
    const firstSlot = this.#slots.length;
    grid.begin(columns, firstSlot, chain.length);
    if (decoder.state.size > MOST_KEPT_COLUMNS) decoder = new ChainDecoder();
    decoder.startOver();
    // The oldest chain of a stream may have lost its key frame to the retention: then it is over, not corrupt.
    const isHeadless = chain.every(({ header }) => header.kind !== 'key');
    let isBroken = false;
    for (const { header, bytes, columnsAt } of chain) {
      if (header.hasSampleTimestamps) this.#hasOwnTimes = true;
      const isInRange = this.#isInRange(header);
      const isBeyond = header.slotMs > this.#toMs && header.slotMs <= this.#beyondMs && header.hasSampleTimestamps;
      const timestampMs = isBeyond ? Number.NaN : header.timestampMs;
      const slot = isInRange || isBeyond ? this.#slots.push({ slotMs: header.slotMs, timestampMs }) - 1 : -1;
      if (isInRange && header.kind !== 'end') {
        for (const { index, points: synthetic } of this.#synthetic) {
          synthetic.push(slot, SYNTHETIC_SERIES[index]?.valueOf(header.report) ?? 0);
        }
      }
      if (isHeadless || columns.length === 0 || (header.kind !== 'key' && header.kind !== 'delta')) continue;
      if (isBroken && header.kind !== 'key') {
        this.#context.onCorrupt(this.#target.id, header.slotMs, undefined);
        continue;
      }
      try {
        const schemas = header.schemaIds.map((id) => {
          const view = views.get(id);
          if (view === undefined) throw new StoreError('SchemaMissing', `schema ${id} is not in redis`);
          return view.schema;
        });
        decoder.decodeColumns(header, bytes, columnsAt, schemas, wanted);
        isBroken = false;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#context.onCorrupt(this.#target.id, header.slotMs, error);
        isBroken = true;
        continue;
      }
      if (slot >= 0) grid.take(decoder, slot);
    }
    grid.slots = this.#slots.length - firstSlot;
    const expected = this.#slotsToCome - firstSlot;
    for (const [row, series] of points.entries()) series.append(grid, row, expected);
  }

  /** An end mark counts like a slot without series, unless it marks a slot that was scraped. */
  #isInRange({ kind, slotMs }: FrameHeader): boolean {
    // A scan behind the range begins with frames that were taken before.
    if (!this.#isWithin(slotMs) || this.#beyondMs >= 0) return false;
    return kind !== 'end' || (this.#slots.at(-1)?.slotMs ?? 0) < slotMs;
  }

  #wantedColumns(schemaIds: readonly string[], views: ReadonlyMap<string, SchemaView>): WantedColumns {
    const columns: number[] = [];
    const wanted: SeriesPoints[] = [];
    let from = 0;
    for (const id of schemaIds) {
      const view = views.get(id);
      if (view === undefined) break;
      for (const column of this.#match.columnsOf(view, this.#target.labels)) {
        const points = this.#pointsOf(view, column);
        if (points === undefined) continue;
        columns.push(from + column);
        wanted.push(points);
      }
      from += view.schema.size;
    }
    return { columns: Int32Array.from(columns), points: wanted };
  }

  #pointsOf(view: SchemaView, column: number): SeriesPoints | undefined {
    const key = view.keys[column] ?? '';
    let series = this.#series.get(key);
    if (series === undefined) {
      const own = view.labelsAt(column);
      if (own === undefined) return undefined;
      series = { labels: seriesLabels(own, this.#target.labels), points: new SeriesPoints() };
      this.#series.set(key, series);
    }
    return series.points;
  }
}

/** Columns of a chain, ascending, and whose points each holds. */
interface WantedColumns {
  readonly columns: Int32Array;
  readonly points: readonly SeriesPoints[];
}

// Chains are decoded one at a time, without waiting in between: all collectors share grid and decoder.
const grid = new ChainGrid();
let decoder = new ChainDecoder();
/** A decoder of more columns is not kept for the next chain. */
const MOST_KEPT_COLUMNS = 100_000;

/** The schemas of a chain in the order of its columns. */
function orderedSchemas(chain: readonly StoredFrame[]): string[] {
  return chain.flatMap(({ header }) => header.schemaIds);
}

/** How many columns of each block have to be decoded, from its first on: values further on are not needed for those before. */
function wantedOfBlocks(columns: Int32Array): Uint8Array {
  const last = columns.at(-1) ?? -1;
  const wanted = new Uint8Array(Math.floor(last / BLOCK_SERIES) + 1);
  for (const column of columns) wanted[Math.floor(column / BLOCK_SERIES)] = (column % BLOCK_SERIES) + 1;
  return wanted;
}
