import { labelValue, METRIC_NAME_LABEL, parseSeriesKey, type LabelSet, type SeriesSchema } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { schemaOfBlob } from '../schema/schema-blob.ts';
import { keysOf } from '../schema/schema-keys.ts';
import { metricOfKey, type SchemaSummary, summaryOfBytes } from '../schema/schema-summary.ts';

/** Bytes of series keys that are kept for further reads; what is derived from them takes some times more. */
const MOST_KEY_BYTES = 32 * 1024 * 1024;
const MOST_SUMMARIES = 10_000;

/** A schema and what readers derive from it, each at first need. */
export class SchemaView {
  readonly schema: SeriesSchema;
  #keys: readonly string[] | undefined;
  #columnsByMetric: ReadonlyMap<string, readonly number[]> | undefined;
  #labels: (LabelSet | undefined)[] | undefined;
  #labelIndex: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(schema: SeriesSchema) {
    this.schema = schema;
  }

  get keys(): readonly string[] {
    this.#keys ??= keysOf(this.schema);
    return this.#keys;
  }

  get columnsByMetric(): ReadonlyMap<string, readonly number[]> {
    if (this.#columnsByMetric !== undefined) return this.#columnsByMetric;
    const columns = new Map<string, number[]>();
    for (const [column, key] of this.keys.entries()) {
      const metric = metricOfKey(key);
      const known = columns.get(metric);
      if (known === undefined) columns.set(metric, [column]);
      else known.push(column);
    }
    this.#columnsByMetric = columns;
    return columns;
  }

  /** A series' own labels, with its name. */
  labelsAt(column: number): LabelSet {
    this.#labels ??= new Array<LabelSet | undefined>(this.schema.size).fill(undefined);
    return (this.#labels[column] ??= parseSeriesKey(this.keys[column] ?? ''));
  }

  /** The values of each label of the series. */
  get labelIndex(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.#labelIndex !== undefined) return this.#labelIndex;
    const index = new Map<string, Set<string>>();
    for (let column = 0; column < this.schema.size; column++) {
      const labels = this.labelsAt(column);
      for (const name of Object.keys(labels)) {
        const values = index.get(name);
        if (values === undefined) index.set(name, new Set([labelValue(labels, name)]));
        else values.add(labelValue(labels, name));
      }
    }
    this.#labelIndex = index;
    return index;
  }

  hasLabel(name: string): boolean {
    return name === METRIC_NAME_LABEL || this.labelIndex.has(name);
  }
}

/** Schemas and their summaries, read once: their ids are their contents, so they cannot change. */
export class SchemaCache {
  readonly #connection: RedisConnection;
  readonly #keys: KeyLayout;
  readonly #views = new Map<string, SchemaView>();
  readonly #summaries = new Map<string, SchemaSummary | undefined>();
  #keyBytes = 0;

  constructor(connection: RedisConnection, keys: KeyLayout) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** The schemas that are there; ids of those that are not are left out. @throws StoreError */
  async views(ids: Iterable<string>): Promise<Map<string, SchemaView>> {
    const views = new Map<string, SchemaView>();
    const wanted = new Set(ids);
    const missing: string[] = [];
    for (const id of wanted) {
      const view = this.#views.get(id);
      if (view === undefined) missing.push(id);
      else views.set(id, view);
    }
    const blobs = await Promise.all(missing.map(async (id) => this.#connection.call('GET', this.#keys.schema(id))));
    for (const [index, id] of missing.entries()) {
      const blob = blobs[index];
      if (!Buffer.isBuffer(blob)) continue;
      const view = new SchemaView(schemaOfBlob(blob, id));
      views.set(id, view);
      this.#remember(id, view);
    }
    return views;
  }

  /** @throws StoreError with code `SchemaMissing` when one is not there */
  async schemas(ids: readonly string[]): Promise<SchemaView[]> {
    const views = await this.views(ids);
    return ids.map((id) => {
      const view = views.get(id);
      if (view === undefined) throw new StoreError('SchemaMissing', `schema ${id} is not in redis`);
      return view;
    });
  }

  /** Summaries by id; those that are not there are left out. @throws StoreError */
  async summaries(ids: Iterable<string>): Promise<Map<string, SchemaSummary>> {
    const wanted = [...new Set(ids)];
    const missing = wanted.filter((id) => !this.#summaries.has(id));
    if (this.#summaries.size + missing.length > MOST_SUMMARIES) this.#summaries.clear();
    for (let at = 0; at < missing.length; at += 256) {
      const some = missing.slice(at, at + 256);
      const reply = await this.#connection.call('HMGET', this.#keys.schemas, ...some);
      const entries = Array.isArray(reply) ? (reply as unknown[]) : [];
      for (const [index, id] of some.entries()) {
        const bytes = entries[index];
        if (Buffer.isBuffer(bytes)) this.#summaries.set(id, summaryOfBytes(bytes));
      }
    }
    const summaries = new Map<string, SchemaSummary>();
    for (const id of wanted) {
      const summary = this.#summaries.get(id);
      if (summary !== undefined) summaries.set(id, summary);
    }
    return summaries;
  }

  #remember(id: string, view: SchemaView): void {
    this.#views.set(id, view);
    this.#keyBytes += view.schema.keys.length;
    for (const [oldest, { schema }] of this.#views) {
      if (this.#keyBytes <= MOST_KEY_BYTES || oldest === id) break;
      this.#views.delete(oldest);
      this.#keyBytes -= schema.keys.length;
    }
  }
}
