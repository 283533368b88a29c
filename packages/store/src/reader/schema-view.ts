import {
  InvalidSeriesKeyError,
  labelValue,
  parseSeriesKey,
  type LabelSet,
  type SeriesSchema,
} from '@pulsekeeper/model';
import { keysOf } from '../schema/schema-keys.ts';
import { metricOfKey } from '../schema/schema-summary.ts';

/** A schema and what readers derive from it, each at first need. */
export class SchemaView {
  readonly schema: SeriesSchema;
  #keys: readonly string[] | undefined;
  #columnsByMetric: ReadonlyMap<string, readonly number[]> | undefined;
  #labels: (LabelSet | null | undefined)[] | undefined;
  #labelIndex: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  readonly #onDamage: ((error: unknown) => void) | undefined;
  #isDamaged = false;

  /** @param onDamage - told of the first key that cannot be read */
  constructor(schema: SeriesSchema, onDamage?: (error: unknown) => void) {
    this.schema = schema;
    this.#onDamage = onDamage;
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

  /** A series' own labels, with its name; `undefined` where its key cannot be read: then there is no such series. */
  labelsAt(column: number): LabelSet | undefined {
    this.#labels ??= new Array<LabelSet | null | undefined>(this.schema.size).fill(undefined);
    let labels = this.#labels[column];
    if (labels === undefined) this.#labels[column] = labels = this.#parse(this.keys[column] ?? '');
    return labels ?? undefined;
  }

  /** The values of each label of the series. */
  get labelIndex(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.#labelIndex !== undefined) return this.#labelIndex;
    const index = new Map<string, Set<string>>();
    for (let column = 0; column < this.schema.size; column++) {
      const labels = this.labelsAt(column);
      if (labels === undefined) continue;
      for (const name of Object.keys(labels)) {
        const values = index.get(name);
        if (values === undefined) index.set(name, new Set([labelValue(labels, name)]));
        else values.add(labelValue(labels, name));
      }
    }
    this.#labelIndex = index;
    return index;
  }

  #parse(key: string): LabelSet | null {
    try {
      return parseSeriesKey(key);
    } catch (error) {
      if (!(error instanceof InvalidSeriesKeyError)) throw error;
      if (!this.#isDamaged) this.#onDamage?.(error);
      this.#isDamaged = true;
      return null;
    }
  }
}
