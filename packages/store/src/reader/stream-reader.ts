import {
  METRIC_NAME_LABEL,
  type Clock,
  type Logger,
  type Matcher,
  type MetricMetadata,
  type TargetId,
} from '@pulsekeeper/model';
import type { FrameHeader } from '../codec/frame-header.ts';
import type {
  FrameReader,
  LastReport,
  LastReportOptions,
  OutcomeOptions,
  OutcomePage,
  ReadOptions,
  SelectOptions,
  SeriesResult,
  SlotRecord,
  StoredSeries,
  StoredTarget,
} from '../frame-reader.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { aggregatePoints } from './aggregate-points.ts';
import { candidateTargets, type CandidateTarget } from './candidate-targets.ts';
import { CandidateBatches } from './candidate-batches.ts';
import { scanFrames, throwIfAborted, type ScanContext, type StoredFrame } from './frame-scan.ts';
import { scanHeads } from './head-scan.ts';
import { readLastReports } from './last-reports.ts';
import { scanOutcomes } from './outcome-scan.ts';
import { SchemaCache } from './schema-cache.ts';
import { SeriesCollector } from './series-collector.ts';
import { seriesLabels, SeriesMatch } from './series-match.ts';
import { scanSlots } from './slot-scan.ts';
import { SYNTHETIC_SERIES, syntheticLabels } from './synthetic-series.ts';
import { readTargets } from './target-index.ts';

/** Batches of targets that are read ahead while the results of one are taken. */
const TARGETS_AHEAD = 3;
/** How long after its own time a sample may have been scraped to be found at that time. */
const OWN_TIME_REACH_MS = 300_000;

const NO_BYTES = Buffer.alloc(0);

export interface StreamReaderOptions {
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads Redis streams. */
export class StreamReader implements FrameReader {
  readonly #options: StreamReaderOptions;
  readonly #cache: SchemaCache;
  readonly #context: ScanContext;
  #corruptFrames = 0;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.#cache = new SchemaCache({ ...options, onDamage: (id, error) => this.#countDamage(id, error) });
    this.#context = { ...options, onCorrupt: (target, slotMs, error) => this.#countCorrupt(target, slotMs, error) };
  }

  /** The schemas that it has read, for those who read beside it. */
  get schemas(): SchemaCache {
    return this.#cache;
  }

  /** Frames that could not be decoded, and schemas and streams that could not be read at all. */
  get corruptFrames(): number {
    return this.#corruptFrames;
  }

  /** @param asked - the targets, where they have been asked for already */
  async *select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    options: SelectOptions = {},
    asked?: Promise<readonly StoredTarget[]>,
  ): AsyncGenerator<SeriesResult> {
    const { aggregation } = options;
    const match = new SeriesMatch(matchers);
    const targets = await candidateTargets(this.#cache, match, await (asked ?? this.targets(options)));
    const ahead: Promise<readonly SeriesCollector[]>[] = [];
    const batches = new CandidateBatches(targets);
    for (let isOver = false; !isOver || ahead.length > 0;) {
      while (!isOver && ahead.length <= TARGETS_AHEAD) {
        const batch = batches.next();
        isOver = batch.length === 0;
        if (isOver) break;
        const collected = this.#collect(batch, match, fromMs, toMs, options.signal);
        // Its error is thrown when its turn comes, or never when the caller stops before.
        collected.catch(() => undefined);
        ahead.push(collected);
      }
      for (const collector of (await ahead.shift()) ?? []) {
        batches.notice(collector.slotCount);
        if (aggregation === undefined) yield* collector.finish();
        else for await (const series of collector.finish()) yield aggregatePoints(series, aggregation);
      }
    }
  }

  async *slots(target: TargetId, fromMs: number, toMs: number, options: ReadOptions = {}): AsyncGenerator<SlotRecord> {
    await this.#connected();
    yield* scanSlots(this.#context, target, fromMs, toMs, options.signal);
  }

  async *outcomes(
    targets: readonly TargetId[],
    fromMs: number,
    toMs: number,
    { signal, withBefore = false }: OutcomeOptions = {},
  ): AsyncGenerator<OutcomePage> {
    await this.#connected();
    yield* scanOutcomes(this.#context, targets, { fromMs, toMs, withBefore }, signal);
  }

  async lastReports(
    ids: readonly TargetId[],
    { signal, withCollector = true }: LastReportOptions = {},
  ): Promise<Map<TargetId, LastReport>> {
    await this.#connected();
    const reports = await readLastReports(this.#context, ids, withCollector);
    throwIfAborted(signal);
    return reports;
  }

  async targets(options: ReadOptions = {}): Promise<StoredTarget[]> {
    const { connection, keys, clock } = this.#options;
    await this.#connected();
    const targets = await readTargets(connection, keys, clock);
    throwIfAborted(options.signal);
    return targets;
  }

  async seriesOf(matchers: readonly Matcher[], options: ReadOptions = {}): Promise<StoredSeries[]> {
    const match = new SeriesMatch(matchers);
    const targets = await candidateTargets(this.#cache, match, await this.targets(options));
    const found: StoredSeries[] = [];
    for (const { target, schemaIds } of targets) {
      const { id, labels } = target;
      throwIfAborted(options.signal);
      for (const index of match.syntheticOf(labels)) {
        const name = SYNTHETIC_SERIES[index]?.metadata.name ?? '';
        found.push({ target: id, labels: syntheticLabels(name, labels) });
      }
      const seen = new Set<string>();
      for (const view of (await this.#cache.views(schemaIds)).values()) {
        for (const column of match.columnsOf(view, labels)) {
          const key = view.keys[column] ?? '';
          const own = view.labelsAt(column);
          if (own === undefined || seen.has(key)) continue;
          seen.add(key);
          found.push({ target: id, labels: seriesLabels(own, labels) });
        }
      }
    }
    return found;
  }

  async labelNames(options: ReadOptions = {}): Promise<string[]> {
    const targets = await this.targets(options);
    const names = new Set<string>(targets.length > 0 ? [METRIC_NAME_LABEL] : []);
    for (const { labels } of targets) for (const name of Object.keys(labels)) names.add(name);
    for await (const view of this.#cache.each(idsOf(targets))) {
      throwIfAborted(options.signal);
      for (const name of view.labelIndex.keys()) names.add(name);
    }
    return [...names].sort();
  }

  async labelValues(name: string, options: ReadOptions = {}): Promise<string[]> {
    const targets = await this.targets(options);
    const values = new Set<string>();
    if (name === METRIC_NAME_LABEL) {
      if (targets.length > 0) for (const { metadata } of SYNTHETIC_SERIES) values.add(metadata.name);
      const summaries = await this.#cache.summaries(idsOf(targets));
      for (const { metrics } of summaries.values()) for (const metric of metrics) values.add(metric);
    } else {
      for (const { labels } of targets) if (Object.hasOwn(labels, name)) values.add(labels[name] ?? '');
      for await (const view of this.#cache.each(idsOf(targets))) {
        throwIfAborted(options.signal);
        for (const value of view.labelIndex.get(name) ?? []) values.add(value);
      }
    }
    values.delete('');
    return [...values].sort();
  }

  async metricMetadata(metric?: string, options: ReadOptions = {}): Promise<Map<string, readonly MetricMetadata[]>> {
    const targets = await this.targets(options);
    const found = new Map<string, MetricMetadata[]>();
    const add = (entry: MetricMetadata): void => {
      if (metric !== undefined && entry.name !== metric) return;
      const known = found.get(entry.name) ?? [];
      if (!known.some((other) => isSameMetadata(other, entry))) found.set(entry.name, [...known, entry]);
    };
    if (targets.length > 0) for (const { metadata } of SYNTHETIC_SERIES) add(metadata);
    for await (const { schema } of this.#cache.each(idsOf(targets))) {
      throwIfAborted(options.signal);
      for (const entry of schema.metadata) add(entry);
    }
    return found;
  }

  #connected(): Promise<void> {
    return this.#options.connection.untilReady();
  }

  /** What a batch of {@link CandidateBatches} has. */
  async #collect(
    batch: readonly CandidateTarget[],
    match: SeriesMatch,
    fromMs: number,
    toMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly SeriesCollector[]> {
    const [first] = batch;
    if (first !== undefined && first.schemaIds.length > 0) {
      const collector = await this.#collectSamples(first, match, fromMs, toMs, signal);
      return collector === undefined ? [] : [collector];
    }
    const targets = new Map(batch.map(({ target }) => [target.id, target]));
    const collectors = new Map<TargetId, SeriesCollector>();
    const late: StoredFrame[] = [];
    for await (const page of scanHeads(
      this.#context,
      [...targets.keys()],
      { fromMs, toMs, withBefore: false },
      signal,
    )) {
      const target = targets.get(page.target);
      if (target === undefined) continue;
      const collector =
        collectors.get(target.id) ?? new SeriesCollector(this.#context, this.#cache, target, match, fromMs, toMs);
      collectors.set(target.id, collector);
      late.push(...page.late.map(headAlone));
      await collector.add(page.heads.map(headAlone));
      if (page.isLast) await collector.addLate(late.splice(0));
    }
    return [...collectors.values()];
  }

  async #collectSamples(
    { target, schemaIds }: CandidateTarget,
    match: SeriesMatch,
    fromMs: number,
    toMs: number,
    signal: AbortSignal | undefined,
  ): Promise<SeriesCollector | undefined> {
    if (match.syntheticOf(target.labels).length === 0) {
      const views = [...(await this.#cache.views(schemaIds)).values()];
      if (!views.some((view) => match.columnsOf(view, target.labels).length > 0)) return undefined;
    }
    const collector = new SeriesCollector(this.#context, this.#cache, target, match, fromMs, toMs);
    const late: StoredFrame[] = [];
    for await (const page of scanFrames(this.#context, target.id, fromMs, toMs, signal)) {
      late.push(...page.late);
      await collector.add(page.frames);
    }
    await collector.addLate(late);
    if (collector.hasOwnTimes) {
      const beyondMs = toMs + OWN_TIME_REACH_MS;
      for await (const page of scanFrames(this.#context, target.id, toMs + 1, beyondMs, signal)) {
        await collector.addBeyond(page.frames, beyondMs);
      }
    }
    return collector;
  }

  #countCorrupt(target: TargetId, slotMs: number, error: unknown): void {
    this.#corruptFrames++;
    if (error !== undefined) this.#options.logger.warn({ err: error, target, slotMs }, 'a frame cannot be read');
  }

  #countDamage(schemaId: string, error: unknown): void {
    this.#corruptFrames++;
    this.#options.logger.warn({ err: error, schemaId }, 'a list of series cannot be read: it counts as missing');
  }
}

/** A frame of whose columns nothing is wanted. */
function headAlone(header: FrameHeader): StoredFrame {
  return { header, bytes: NO_BYTES, columnsAt: 0 };
}

function idsOf(targets: readonly StoredTarget[]): string[] {
  return targets.flatMap(({ schemaIds }) => schemaIds);
}

function isSameMetadata(left: MetricMetadata, right: MetricMetadata): boolean {
  return left.type === right.type && left.help === right.help && left.unit === right.unit;
}
