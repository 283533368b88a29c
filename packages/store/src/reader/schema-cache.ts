import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { CorruptFrame } from '../errors.ts';
import { classOfError } from '../redis/reply-error.ts';
import { schemaOfBlob } from '../schema/schema-blob.ts';
import { type SchemaSummary, summaryOfBytes } from '../schema/schema-summary.ts';
import { SchemaView } from './schema-view.ts';

/** Bytes of series keys that are kept for further reads; what is derived from them takes some times more. */
const MOST_KEY_BYTES = 32 * 1024 * 1024;
const MOST_SUMMARIES = 10_000;
const SUMMARIES_PER_CALL = 256;

export interface SchemaCacheOptions {
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  /** Told once of each schema that cannot be read, or whose keys cannot. It counts as not being there. */
  readonly onDamage: (schemaId: string, error: unknown) => void;
}

/** Schemas and their summaries, read once: their ids are their contents, so they cannot change. */
export class SchemaCache {
  readonly #options: SchemaCacheOptions;
  readonly #views = new Map<string, SchemaView>();
  /** Under way, so that readers of one schema at the same time share it. */
  readonly #loading = new Map<string, Promise<SchemaView | undefined>>();
  readonly #damaged = new Set<string>();
  readonly #summaries = new Map<string, SchemaSummary | undefined>();
  #keyBytes = 0;

  constructor(options: SchemaCacheOptions) {
    this.#options = options;
  }

  /** The schemas that are there and can be read. Memory: all of them, so ask for those of one target. @throws StoreError */
  async views(ids: Iterable<string>): Promise<Map<string, SchemaView>> {
    const views = new Map<string, SchemaView>();
    const wanted = [...new Set(ids)];
    const found = await Promise.all(wanted.map(async (id) => this.#views.get(id) ?? this.#load(id)));
    for (const [index, id] of wanted.entries()) {
      const view = found[index];
      if (view !== undefined) views.set(id, view);
    }
    return views;
  }

  /** Each of the schemas that are there, one after the other, so that no more than the cache is held. @throws StoreError */
  async *each(ids: Iterable<string>): AsyncGenerator<SchemaView> {
    for (const id of new Set(ids)) {
      const view = this.#views.get(id) ?? (await this.#load(id));
      if (view !== undefined) yield view;
    }
  }

  /** Summaries by id; those that are not there are left out. @throws StoreError */
  async summaries(ids: Iterable<string>): Promise<Map<string, SchemaSummary>> {
    const { connection, keys } = this.#options;
    const wanted = [...new Set(ids)];
    const missing = wanted.filter((id) => !this.#summaries.has(id));
    if (this.#summaries.size + missing.length > MOST_SUMMARIES) this.#summaries.clear();
    for (let at = 0; at < missing.length; at += SUMMARIES_PER_CALL) {
      const some = missing.slice(at, at + SUMMARIES_PER_CALL);
      const reply = await connection.call('HMGET', keys.schemas, ...some);
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

  #load(id: string): Promise<SchemaView | undefined> {
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#read(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  async #read(id: string): Promise<SchemaView | undefined> {
    const { connection, keys } = this.#options;
    try {
      const blob = await connection.call('GET', keys.schema(id));
      if (!Buffer.isBuffer(blob)) return undefined;
      const view = new SchemaView(schemaOfBlob(blob, id), (error) => this.#notice(id, error));
      this.#remember(id, view);
      return view;
    } catch (error) {
      // Damaged, or a key of another type: one target's loss must not be that of every reader.
      if (!(error instanceof CorruptFrame) && !isOfAnotherType(error)) throw error;
      this.#notice(id, error);
      return undefined;
    }
  }

  #notice(id: string, error: unknown): void {
    if (this.#damaged.has(id)) return;
    if (this.#damaged.size < MOST_SUMMARIES) this.#damaged.add(id);
    this.#options.onDamage(id, error);
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

function isOfAnotherType(error: unknown): boolean {
  return error instanceof Error && classOfError(error.cause ?? error) === 'WRONGTYPE';
}
