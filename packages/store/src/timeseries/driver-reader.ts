import type { FrameReader, SelectOptions, SeriesResult } from '../frame-reader.ts';
import type { Matcher } from '@pulsekeeper/model';
import type { StreamReader } from '../reader/stream-reader.ts';
import type { TimeseriesReader } from './timeseries-reader.ts';

/** Where the samples of a cluster are. */
export type StoreDriver = 'stream' | 'timeseries';

/**
 * Reads samples from where they are. Slots, targets and the index are the same with every driver: the streams of a cluster
 * whose samples are time series hold the slots' records alone.
 */
export class DriverReader implements FrameReader {
  readonly slots: FrameReader['slots'];
  readonly outcomes: FrameReader['outcomes'];
  readonly lastReports: FrameReader['lastReports'];
  readonly targets: FrameReader['targets'];
  readonly seriesOf: FrameReader['seriesOf'];
  readonly labelNames: FrameReader['labelNames'];
  readonly labelValues: FrameReader['labelValues'];
  readonly metricMetadata: FrameReader['metricMetadata'];
  readonly #streams: StreamReader;
  readonly #timeseries: TimeseriesReader;
  readonly #readDriver: () => Promise<StoreDriver>;

  /** @param readDriver - asked at each {@link select} */
  constructor(streams: StreamReader, timeseries: TimeseriesReader, readDriver: () => Promise<StoreDriver>) {
    this.#streams = streams;
    this.#timeseries = timeseries;
    this.#readDriver = readDriver;
    this.slots = (...args) => streams.slots(...args);
    this.outcomes = (...args) => streams.outcomes(...args);
    this.lastReports = (...args) => streams.lastReports(...args);
    this.targets = (...args) => streams.targets(...args);
    this.seriesOf = (...args) => streams.seriesOf(...args);
    this.labelNames = (...args) => streams.labelNames(...args);
    this.labelValues = (...args) => streams.labelValues(...args);
    this.metricMetadata = (...args) => streams.metricMetadata(...args);
  }

  get corruptFrames(): number {
    return this.#streams.corruptFrames;
  }

  async *select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    options: SelectOptions = {},
  ): AsyncGenerator<SeriesResult> {
    // In one round trip with the question for the driver, since with either the targets come first.
    const targets = this.#streams.targets(options);
    // Its error is thrown by who waits for it, or never when something else fails before.
    targets.catch(() => undefined);
    const samples = (await this.#readDriver()) === 'timeseries' ? this.#timeseries : this.#streams;
    yield* samples.select(matchers, fromMs, toMs, options, targets);
  }
}
