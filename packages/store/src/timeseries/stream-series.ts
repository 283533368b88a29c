import { type Clock, formatDownsampleRule, type Logger, type SeriesSchema } from '@pulsekeeper/model';
import type { KeyLayout } from '../redis/key-layout.ts';
import { seriesLabels } from '../reader/series-match.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { lifetimes } from '../writer/append-batch.ts';
import type { TargetStream } from '../writer/target-stream.ts';
import { FrameReplay } from './frame-replay.ts';
import { RefusalLog } from './refusal-log.ts';
import type { SeriesKeeper, SeriesTarget, WantedSeries } from './series-keeper.ts';
import { parseSeriesName } from './series-name.ts';
import type { SeriesSelection } from './series-selection.ts';
import { TargetSeries } from './target-series.ts';

export interface StreamSeriesOptions {
  readonly stream: TargetStream;
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  readonly clock: Clock;
  readonly selection: SeriesSelection;
  readonly keeper: SeriesKeeper;
  readonly logger: Logger;
}

/** The time series of one target, as its writer knows them: which there are, what was sent, and what is due. */
export class StreamSeries {
  /** What the keys of the target's series begin with. */
  readonly keyStart: string;
  readonly refusals: RefusalLog;
  readonly #options: StreamSeriesOptions;
  readonly #replay: FrameReplay;
  #table: TargetSeries | undefined;
  /** The settings that the series in Redis have as far as is known, as text. */
  #settings: string | undefined;
  #mustUpdate = false;
  #renewAtMs = Infinity;
  /** Keys written since the last renewal, of series that are not in the table any more. */
  readonly #used = new Set<string>();
  /** What the last write covered: frames from one number up to before another, over one connection. */
  #sent = { generation: -1, from: -1, to: -1 };

  constructor(options: StreamSeriesOptions) {
    this.#options = options;
    this.keyStart = options.keys.series(options.stream.id);
    this.refusals = new RefusalLog(options.stream.id, options.logger, options.clock);
    this.#replay = new FrameReplay(options.stream);
  }

  get #target(): SeriesTarget {
    const { labels, retentionMs, downsample } = this.#options.stream;
    return { labels, retentionMs, downsample };
  }

  /** Finds out whether series that are in Redis were made for other settings. @throws StoreError */
  async prepare(): Promise<void> {
    const settings = settingsOf(this.#target);
    if (settings === this.#settings) return;
    const { connection } = this.#options;
    const known = this.#settings ?? (await connection.call('GET', this.#noteKey));
    const text = Buffer.isBuffer(known) ? known.toString() : known;
    this.#mustUpdate = typeof text === 'string' && text !== settings;
    this.#settings = settings;
    this.#renewAtMs = -Infinity;
  }

  /**
   * The samples of the first frames that wait, one frame after the other; those that this connection has carried already
   * are left out. What is yielded holds until the next.
   */
  *replay(count: number, generation: number): Generator<TargetSeries> {
    const { log } = this.#options.stream;
    const first = log.acknowledged;
    const sent = this.#sent;
    // Frames further back than the last time wait again because Redis has lost them.
    const isOn = sent.generation === generation && log.numberAt(first) >= sent.from;
    for (let index = first; index < first + count; index++) {
      if (isOn && log.numberAt(index) < sent.to) continue;
      const frame = this.#replay.frameAt(index);
      if (frame.header.kind === 'end') continue;
      const table = this.#tableOf(frame.schemas);
      table.take(frame.header, frame.state);
      yield table;
    }
  }

  /** The samples of the first waiting frames are in Redis. */
  settle(count: number, generation: number): void {
    const { log } = this.#options.stream;
    const from = log.numberAt(log.acknowledged);
    this.#sent = { generation, from, to: from + count };
  }

  /** Creates series by their keys. @returns how many were created @throws StoreError */
  create(keys: Iterable<string>): Promise<number> {
    return this.#ensure('create', new Set(keys));
  }

  /** Does what is due for the keys: settings that have changed, time to live. @throws StoreError */
  async renew(): Promise<void> {
    const { clock, keeper, connection } = this.#options;
    const table = this.#table;
    if (table === undefined || table.keys.length === 0) return;
    if (this.#mustUpdate) {
      await this.#ensure('update', table.keys);
      this.#mustUpdate = false;
    }
    const nowMs = clock.monotonic();
    if (nowMs < this.#renewAtMs) return;
    const { retentionMs, downsample } = this.#options.stream;
    const { timeToLiveMs } = lifetimes(retentionMs);
    // A compaction that is kept for less time than its series has to be renewed more often.
    const shortestMs = Math.min(retentionMs, ...(downsample ?? []).map((rule) => rule.retentionMs));
    const { refreshMs } = lifetimes(shortestMs);
    this.#noteUsed(table);
    const missing = await keeper.renew(this.#target, [...this.#used]);
    // A compaction that was removed, as series are when they are written to.
    if (missing.size > 0) await this.#ensure('create', missing);
    this.#used.clear();
    await connection.call('SET', this.#noteKey, this.#settings ?? '', 'PX', timeToLiveMs);
    this.#renewAtMs = nowMs + refreshMs;
  }

  #ensure(mode: 'create' | 'update', keys: Iterable<string>): Promise<number> {
    return this.#options.keeper.ensure(mode, this.#target, this.#wanted(keys), (key, message) => {
      this.refusals.note(key, message, 1);
    });
  }

  get #noteKey(): string {
    return `${this.keyStart.slice(0, -1)}-settings`;
  }

  #tableOf(schemas: readonly SeriesSchema[]): TargetSeries {
    if (this.#table?.isOf(schemas) === true) return this.#table;
    if (this.#table !== undefined) this.#noteUsed(this.#table);
    const { stream, selection } = this.#options;
    this.#table = new TargetSeries({ keyStart: this.keyStart, labels: stream.labels }, schemas, selection);
    return this.#table;
  }

  /** Keeps in mind whose keys are to be renewed. */
  #noteUsed({ keys, used }: TargetSeries): void {
    for (const [series, key] of keys.entries()) if (used[series] === 1) this.#used.add(key);
    used.fill(0);
  }

  *#wanted(keys: Iterable<string>): Generator<WantedSeries> {
    const { labels } = this.#options.stream;
    for (const key of keys) {
      const own = parseSeriesName(key.slice(this.keyStart.length));
      if (own !== undefined) yield { key, labels: seriesLabels(own, labels) };
    }
  }
}

function settingsOf({ labels, retentionMs, downsample }: SeriesTarget): string {
  return JSON.stringify([labels, retentionMs, downsample?.map(formatDownsampleRule)]);
}
