import { StoreError } from '../errors.ts';
import type { NormalStoreOptions } from '../normal-options.ts';
import type { StreamReader } from '../reader/stream-reader.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { detectTimeseries, requireTimeseries } from './detect-timeseries.ts';
import type { ServerInspection } from '../store.ts';
import { DriverReader, type StoreDriver } from './driver-reader.ts';
import { ALL_SERIES, selectionOf } from './series-selection.ts';
import { SeriesWriter } from './series-writer.ts';
import { TimeseriesReader } from './timeseries-reader.ts';

const WITHOUT_COMMANDS =
  'The samples of this cluster are time series, but the server has no TS.* commands: nothing can be written or read. Load the RedisTimeSeries module, or use Redis 8.';

/** The parts of a store that depend on where samples are. */
export class StoreDriverParts {
  /** What the writer of streams keeps beside them. */
  readonly seriesWriter: SeriesWriter | undefined;
  readonly #driver: StoreDriver | undefined;
  readonly #reads: RedisConnection;
  readonly #keys: KeyLayout;
  readonly #options: NormalStoreOptions;

  /** @throws SyntaxError for a selector of the mirror whose regular expression is none */
  constructor(
    options: NormalStoreOptions,
    parts: { readonly appends: RedisConnection; readonly reads: RedisConnection; readonly keys: KeyLayout },
  ) {
    const { mirror, chunkBytes } = options.timeseries;
    this.#options = options;
    this.#driver = options.driver;
    this.#reads = parts.reads;
    this.#keys = parts.keys;
    const isMirror = options.driver !== 'timeseries';
    if (isMirror && mirror.length === 0) return;
    this.seriesWriter = new SeriesWriter({
      ...options,
      connection: parts.appends,
      keys: parts.keys,
      chunkBytes,
      selection: isMirror ? selectionOf(mirror) : ALL_SERIES,
      isMirror,
    });
  }

  readerOf(streams: StreamReader): DriverReader {
    const timeseries = new TimeseriesReader({
      connection: this.#reads,
      keys: this.#keys,
      schemas: streams.schemas,
      slots: streams,
    });
    return new DriverReader(streams, timeseries, () => this.#readDriver());
  }

  /**
   * Makes sure that the driver can work with this Redis, and that this cluster's samples are not elsewhere.
   *
   * @throws StoreError `Refused`, with what to do
   */
  async check(): Promise<void> {
    if (this.seriesWriter !== undefined) {
      await requireTimeseries(this.#reads, this.#driver === 'timeseries' ? 'store "timeseries"' : 'the mirror');
    }
    if (this.#driver !== 'stream') return;
    if ((await this.#readMarker()) !== 'timeseries') return;
    throw new StoreError(
      'Refused',
      `the samples under the key prefix ${JSON.stringify(this.#options.keyPrefix)} are time series: set store to ` +
        `"timeseries", or take another key prefix, or stop all collectors and delete the key ${this.#keys.driver}`,
    );
  }

  /** Adds to what the servers say of themselves what this cluster's samples need of them. @throws StoreError */
  async judge(servers: readonly ServerInspection[]): Promise<ServerInspection[]> {
    const driver = await this.#readDriver();
    if (driver === 'stream') return servers.map((server) => ({ ...server, driver }));
    const support = await detectTimeseries(this.#reads);
    return servers.map((server, index): ServerInspection => {
      const { hasCommands = true, moduleVersion } = support[index] ?? {};
      const warnings = hasCommands ? server.warnings : [...server.warnings, WITHOUT_COMMANDS];
      return { ...server, driver, timeseriesVersion: moduleVersion, warnings };
    });
  }

  async #readDriver(): Promise<StoreDriver> {
    return this.#driver ?? this.#readMarker();
  }

  async #readMarker(): Promise<StoreDriver> {
    await this.#reads.untilReady();
    return String(await this.#reads.call('GET', this.#keys.driver)) === 'timeseries' ? 'timeseries' : 'stream';
  }
}
