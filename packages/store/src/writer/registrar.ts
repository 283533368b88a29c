import type { Clock, SeriesSchema } from '@pulsekeeper/model';
import { KEEP_SCHEMA_SCRIPT, REGISTER_SCRIPT } from '../redis/index-scripts.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisArgument, RedisConnection } from '../redis/redis-connection.ts';
import { schemaToBlobAside } from '../schema/schema-blob.ts';
import { summaryOf, summaryToBytes } from '../schema/schema-summary.ts';
import { lifetimes } from './append-batch.ts';
import type { TargetStream } from './target-stream.ts';

/**
 * Sees to it that Redis has the schemas and index entries of a target before any frame that needs them, and renews them
 * in time. What it knows holds for one connection: after another became ready it asks again, since Redis may have been
 * restarted without its data.
 */
export class Registrar {
  readonly #connection: RedisConnection;
  readonly #keys: KeyLayout;
  readonly #clock: Clock;
  /** Until when each schema is known to be kept, and for how long it was asked to be. */
  readonly #schemas = new Map<string, { generation: number; untilMs: number; retentionMs: number }>();

  constructor(connection: RedisConnection, keys: KeyLayout, clock: Clock) {
    this.#connection = connection;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** True when nothing has to be done for the stream's frames. */
  isPrepared(stream: TargetStream): boolean {
    const { prepared } = stream;
    return prepared?.generation === this.#connection.generation && this.#clock.monotonic() < prepared.untilMs;
  }

  /** Forgets what Redis was told: it has lost it. */
  forget(): void {
    this.#schemas.clear();
  }

  /** @throws StoreError */
  async prepare(streams: readonly TargetStream[]): Promise<void> {
    const generation = this.#connection.generation;
    const schemas = new Map<string, { schema: SeriesSchema; retentionMs: number }>();
    for (const { schemas: used, retentionMs } of streams) {
      for (const schema of used.values()) {
        const other = schemas.get(schema.id);
        schemas.set(schema.id, { schema, retentionMs: Math.max(retentionMs, other?.retentionMs ?? 0) });
      }
    }
    const due = [...schemas.values()].filter((entry) => this.#isDue(entry.schema.id, entry.retentionMs, generation));
    await Promise.all(due.map(async ({ schema, retentionMs }) => this.#keepSchema(schema, retentionMs)));
    await this.#register(streams, due);
    const nowMs = this.#clock.monotonic();
    for (const { schema, retentionMs } of due) {
      this.#schemas.set(schema.id, { generation, retentionMs, untilMs: nowMs + lifetimes(retentionMs).refreshMs });
    }
    for (const stream of streams) {
      stream.prepared = { generation, untilMs: nowMs + lifetimes(stream.retentionMs).refreshMs };
    }
    this.#sweep(nowMs);
  }

  #isDue(id: string, retentionMs: number, generation: number): boolean {
    const known = this.#schemas.get(id);
    if (known?.generation !== generation) return true;
    return known.retentionMs < retentionMs || this.#clock.monotonic() >= known.untilMs;
  }

  async #keepSchema(schema: SeriesSchema, retentionMs: number): Promise<void> {
    const key = this.#keys.schema(schema.id);
    const { timeToLiveMs } = lifetimes(retentionMs);
    const isThere = await this.#connection.run(KEEP_SCHEMA_SCRIPT, [key], [timeToLiveMs, '']);
    if (isThere === 1) return;
    await this.#connection.run(KEEP_SCHEMA_SCRIPT, [key], [timeToLiveMs, await schemaToBlobAside(schema)]);
  }

  async #register(
    streams: readonly TargetStream[],
    schemas: readonly { schema: SeriesSchema; retentionMs: number }[],
  ): Promise<void> {
    const nowMs = this.#clock.now();
    const args: RedisArgument[] = [nowMs, streams.length];
    for (const { id, labels, retentionMs, schemas: used } of streams) {
      const entry = {
        labels,
        retentionMs,
        endsMs: nowMs + lifetimes(retentionMs).timeToLiveMs,
        schemas: Object.fromEntries([...used.keys()].map((schemaId) => [schemaId, nowMs])),
      };
      args.push(id, JSON.stringify(entry), entry.endsMs);
    }
    for (const { schema, retentionMs } of schemas) {
      args.push(schema.id, summaryToBytes(summaryOf(schema)), nowMs + lifetimes(retentionMs).timeToLiveMs);
    }
    await this.#connection.run(REGISTER_SCRIPT, [this.#keys.targets, this.#keys.schemas, this.#keys.expiry], args);
  }

  /** Forgets schemas that nobody has used for long, so that memory does not grow with every deployment. */
  #sweep(nowMs: number): void {
    if (this.#schemas.size < 1024) return;
    for (const [id, { untilMs }] of this.#schemas) if (untilMs < nowMs) this.#schemas.delete(id);
  }
}
