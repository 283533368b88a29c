import type { LabelSet, SeriesSchema } from '@pulsekeeper/model';
import type { ColumnState } from '../codec/column-state.ts';
import type { FrameHeader } from '../codec/frame-header.ts';
import { SYNTHETIC_SERIES } from '../reader/synthetic-series.ts';
import { packArguments } from '../redis/resp-writer.ts';
import { SampleImage } from './sample-image.ts';
import { formatSeriesName } from './series-name.ts';
import type { SeriesSelection } from './series-selection.ts';

/**
 * The time series of one target while the list of its series stays: their keys, and the samples of the scrape that is being
 * written.
 */
export class TargetSeries {
  readonly image: SampleImage;
  readonly keys: readonly string[];
  /** 1 for each series that was written since its key was renewed. */
  readonly used: Uint8Array;
  /** Values of the last scrape that no time series can hold. */
  nonFinite = 0;
  readonly #schemas: readonly SeriesSchema[];
  readonly #synthetic: readonly number[];
  readonly #columns: Int32Array;
  readonly #values: Float64Array;

  constructor(
    target: { readonly keyStart: string; readonly labels: LabelSet },
    schemas: readonly SeriesSchema[],
    selection: SeriesSelection,
  ) {
    this.#schemas = schemas;
    this.#synthetic = selection.syntheticOf(target.labels);
    const columns: number[] = [];
    const names = this.#synthetic.map((index) => SYNTHETIC_SERIES[index]?.metadata.name ?? '');
    let from = 0;
    for (const schema of schemas) {
      for (const column of selection.columnsOf(schema, target.labels)) {
        columns.push(from + column);
        names.push(formatSeriesName(schema.labelsAt(column)));
      }
      from += schema.size;
    }
    this.#columns = Int32Array.from(columns);
    this.keys = names.map((name) => target.keyStart + name);
    this.image = new SampleImage(this.keys.map((key) => packArguments([key])));
    this.#values = new Float64Array(this.keys.length);
    this.used = new Uint8Array(this.keys.length);
  }

  /** Whether it is about these lists of series. */
  isOf(schemas: readonly SeriesSchema[]): boolean {
    return (
      schemas.length === this.#schemas.length &&
      schemas.every((schema, index) => schema.id === this.#schemas[index]?.id)
    );
  }

  /** Takes the samples of a frame. @param state - of the chain's columns after it */
  take(header: FrameHeader, state: ColumnState): void {
    const values = this.#values;
    const columns = this.#columns;
    const first = this.#synthetic.length;
    const hasSamples = header.kind === 'key' || header.kind === 'delta';
    let nonFinite = 0;
    const { used } = this;
    for (let at = 0; at < first; at++) {
      values[at] = SYNTHETIC_SERIES[this.#synthetic[at] ?? 0]?.valueOf(header.report) ?? 0;
      used[at] = 1;
    }
    const { values: all } = state;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] ?? 0;
      const isPresent = hasSamples && state.isPresent(column);
      const value = isPresent ? (all[column] ?? 0) : Number.NaN;
      values[first + at] = value;
      if (Number.isFinite(value)) used[first + at] = 1;
      else if (isPresent) nonFinite++;
    }
    this.nonFinite = nonFinite;
    this.image.update(header.slotMs, values);
  }
}
