import { BodyStore } from './body-store.ts';
import { fullParse } from './full-parse.ts';
import type { Exposition, ExpositionFormat, SeriesExemplar } from './exposition.ts';
import { resolveParseLimits } from './limits.ts';
import type { ParseLimits } from './limits.ts';
import { plainParse, TOO_MANY_SAMPLES } from './plain-parse.ts';
import { reread } from './reread.ts';
import { rescan } from './rescan.ts';
import type { BodyLayout, Readings } from './rescan.ts';
import { isSameKeys, isSameMetadata } from './same-series.ts';
import type { Series } from './same-series.ts';
import { scanEngine } from './scan-engine.ts';
import type { SeriesPool } from './series-pool.ts';
import { borrowWorkspace, createWorkspace, returnWorkspace } from './workspace.ts';
import type { ScanSettings, Workspace } from './workspace.ts';

/** How an {@link ExpositionParser} reads. */
export interface ExpositionParserOptions {
  /** Bounds on what a body may hold. @defaultValue `DEFAULT_PARSE_LIMITS` */
  readonly limits?: ParseLimits | undefined;
  /**
   * Refuse whatever the specifications refuse, not just what Prometheus refuses.
   * Meant for those who test an exporter: slower, and hard on exporters that everybody else takes.
   * @defaultValue false
   */
  readonly strict?: boolean | undefined;
  /**
   * Read exemplars into the result rather than only checking them. Each body is then parsed in full.
   * @defaultValue false
   */
  readonly exemplars?: boolean | undefined;
  /** Where to share `keys` and `metadata` with the parsers of other targets. @defaultValue not shared */
  readonly pool?: SeriesPool | undefined;
  /**
   * Bytes of the largest body that is kept to compare the next one with. A larger one is read whole and compared with the list of
   * series: that takes twice the time, and saves memory as large as the body, twice that while the next is read.
   * @defaultValue 32 MiB
   */
  readonly maxKeptBytes?: number | undefined;
}

/** The default of {@link ExpositionParserOptions.maxKeptBytes}. */
const DEFAULT_MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** How {@link ExpositionParser.parseInSteps} reads. */
export interface ParseInStepsOptions {
  /**
   * Keep the body rather than a copy, and a list of series in memory of its own: right for large bodies that nobody else
   * needs. Without it scratch memory is shared between parsers.
   * @defaultValue true
   */
  readonly keepsBody?: boolean | undefined;
}

/**
 * Reads the bodies of one target, scrape after scrape. It remembers the last body it has read well: as long as only values
 * change, it reads only those, and returns the same `keys` and `metadata` objects.
 *
 * Bodies come whole, so the result cannot depend on how the network cut them. Not re-entrant; holds no resources.
 * Reading is linear in the length of the body.
 */
export class ExpositionParser {
  readonly #wantsExemplars: boolean;
  readonly #pool: SeriesPool | undefined;
  readonly #maxKeptBytes: number;
  #series: Series = { keys: new Uint8Array(0), metadata: [] };
  #readings: Readings | undefined;
  #duplicates = 0;
  readonly #lastBody = new BodyStore();
  /** The format is that of the last body. */
  #settings: ScanSettings;
  /** `undefined` while the last body cannot serve to compare the next one with. */
  #layout: BodyLayout | undefined;

  constructor(options: ExpositionParserOptions = {}) {
    const limits = resolveParseLimits(options.limits);
    this.#settings = { format: 'prometheus-text', limits, isStrict: options.strict ?? false };
    this.#wantsExemplars = options.exemplars ?? false;
    this.#pool = options.pool;
    this.#maxKeptBytes = options.maxKeptBytes ?? DEFAULT_MAX_KEPT_BYTES;
  }

  /**
   * Reads one body. Does not keep or change `body`.
   * @throws ParseError when the body is not well-formed, LimitError when it is too large; nothing else. The parser then
   * stays as it was, so the next result is compared with the last good one.
   */
  parse(body: Uint8Array, format: ExpositionFormat): Exposition {
    const steps = this.#steps(body, format, false);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /**
   * As {@link ExpositionParser.parse}, for bodies of any size: a generator that does about a millisecond of the work at a time
   * and returns the result. Others may parse between two steps; this parser must not be used before the end, nor `body` changed.
   * A parse that is not brought to its end has no effect but that the next one takes longer.
   *
   * `body` is kept, rather than a copy, where its buffer has {@link SPARE_BYTES} more behind it: it must then not be written to
   * afterwards. With `keepsBody: false` it is the caller's again at the end.
   */
  parseInSteps(
    body: Uint8Array<ArrayBuffer>,
    format: ExpositionFormat,
    options: ParseInStepsOptions = {},
  ): Generator<undefined, Exposition> {
    return this.#steps(body, format, options.keepsBody ?? true);
  }

  *#steps(body: Uint8Array, format: ExpositionFormat, isOwn: boolean): Generator<undefined, Exposition> {
    const isKept = body.length <= this.#maxKeptBytes;
    const result = isKept
      ? yield* this.#parseDifference(body, format, isOwn)
      : yield* this.#parseUnkept(body, format, isOwn);
    return result ?? (yield* this.#parseWhole(body, format, isOwn));
  }

  /** Reads only what differs from the last body; `undefined` when more than the tails of lines do. */
  *#parseDifference(
    body: Uint8Array,
    format: ExpositionFormat,
    isOwn: boolean,
  ): Generator<undefined, Exposition | undefined> {
    const previous = this.#readings;
    const layout = this.#layout;
    if (previous === undefined || layout === undefined || this.#settings.format !== format) return undefined;
    // It is brought up to date step by step.
    this.#layout = undefined;
    const next = yield* rescan(this.#lastBody, body, layout, this.#settings, previous);
    if (next === undefined) return undefined;
    this.#layout = layout;
    fillStore(this.#lastBody, body, isOwn);
    return this.#remember(next, next.changed, undefined);
  }

  /** Reads a body that is too large to be kept, by the series of the last one; `undefined` when it has others. */
  *#parseUnkept(
    body: Uint8Array,
    format: ExpositionFormat,
    isOwn: boolean,
  ): Generator<undefined, Exposition | undefined> {
    this.#layout = undefined;
    this.#lastBody.clear();
    const previous = this.#readings;
    if (previous === undefined || this.#settings.format !== format || this.#looksAtEachSample) return undefined;
    const next = yield* reread(fillStore(new BodyStore(), body, isOwn), this.#settings, this.#series, previous);
    if (next === undefined) return undefined;
    this.#duplicates = 0;
    return this.#remember(next, next.changed, undefined);
  }

  *#parseWhole(body: Uint8Array, format: ExpositionFormat, isOwn: boolean): Generator<undefined, Exposition> {
    if (this.#settings.format !== format) this.#settings = { ...this.#settings, format };
    // From here on the last body is a bad one, until this one has turned out to be good.
    this.#layout = undefined;
    const isKept = body.length <= this.#maxKeptBytes;
    const store = fillStore(isKept ? this.#lastBody : new BodyStore(), body, isOwn);
    // The keys in a workspace of its own become the result's.
    if (isOwn) return yield* this.#readWhole(store, createWorkspace(), isOwn);
    const work = borrowWorkspace();
    try {
      return yield* this.#readWhole(store, work, isOwn);
    } finally {
      returnWorkspace(work);
    }
  }

  *#readWhole(body: BodyStore, work: Workspace, isOwn: boolean): Generator<undefined, Exposition> {
    const exemplars: SeriesExemplar[] | undefined = this.#wantsExemplars ? [] : undefined;
    const duplicates = yield* this.#fill(body, work, exemplars);
    const { keys, metadata, columns, index, scanner } = work;
    const { size } = columns;
    const values = columns.values.slice(0, size);
    const timestampsMs = columns.timestampCount === 0 ? undefined : columns.timestampsMs.slice(0, size);
    const previous = this.#readings;
    const newKeys = keys.buffer.subarray(0, keys.length);
    const newMetadata = metadata.toArray();
    const isSameSeries =
      previous !== undefined &&
      isSameKeys(newKeys, this.#series.keys) &&
      isSameMetadata(newMetadata, this.#series.metadata);
    if (!isSameSeries) {
      this.#series = this.#pool?.intern(newKeys, newMetadata, index.hash, isOwn) ?? {
        keys: isOwn ? newKeys : newKeys.slice(),
        metadata: newMetadata,
      };
    }
    this.#duplicates = duplicates;
    if (body === this.#lastBody && !this.#looksAtEachSample) {
      this.#layout = { valueStarts: columns.valueStarts.slice(0, size), longestLine: scanner.longestLine };
    }
    const changed = isSameSeries ? changedIndices(previous.values, values) : undefined;
    return this.#remember({ values, timestampsMs }, changed, exemplars);
  }

  /** The strict rules and exemplars need it. */
  get #looksAtEachSample(): boolean {
    return this.#settings.isStrict || this.#wantsExemplars;
  }

  /** Reads a body into the workspace, by the quick way if there is one. @returns how many duplicates it has. */
  *#fill(body: BodyStore, work: Workspace, exemplars: SeriesExemplar[] | undefined): Generator<undefined, number> {
    const engine = this.#looksAtEachSample ? undefined : scanEngine();
    const duplicates = engine === undefined ? TOO_MANY_SAMPLES : yield* plainParse(engine, body, this.#settings, work);
    return duplicates === TOO_MANY_SAMPLES ? yield* fullParse(body, this.#settings, exemplars, work) : duplicates;
  }

  #remember(
    readings: Readings,
    changed: Uint32Array | undefined,
    exemplars: readonly SeriesExemplar[] | undefined,
  ): Exposition {
    const { values, timestampsMs } = readings;
    this.#readings = readings;
    return {
      keys: this.#series.keys,
      size: values.length,
      values,
      timestampsMs,
      metadata: this.#series.metadata,
      isSameSeries: changed !== undefined,
      changed,
      duplicates: this.#duplicates,
      exemplars,
    };
  }
}

function fillStore(store: BodyStore, body: Uint8Array, isOwn: boolean): BodyStore {
  if (isOwn) store.adopt(body as Uint8Array<ArrayBuffer>);
  else store.set(body);
  return store;
}

/** Indices at which the arrays differ in any bit. Both have one NaN only, as text has. */
function changedIndices(before: Float64Array, after: Float64Array): Uint32Array {
  const changed = new Uint32Array(after.length);
  let count = 0;
  for (let i = 0; i < after.length; i++) if (!Object.is(before[i], after[i])) changed[count++] = i;
  return changed.slice(0, count);
}
