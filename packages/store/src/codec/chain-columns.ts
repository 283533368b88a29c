import type { SeriesSchema } from '@pulsekeeper/model';
import { keysOf } from '../schema/schema-keys.ts';
import { areUniqueKeys } from './unique-keys.ts';

/** Where the series of a frame are among the columns of a chain. */
export interface ColumnMapping {
  /** Column of each series, −1 for a second series of the same key (the first wins); `undefined`: series i is column i. */
  readonly columnOf: Int32Array | undefined;
}

/** Indices of the series that have no column. */
export interface MissingColumns {
  readonly missing: readonly number[];
}

/**
 * The columns of a chain: the series of one schema after the other. Grows by further schemas, never shrinks; a series
 * that is gone keeps its column, absent.
 */
export class ChainColumns {
  readonly #schemas: SeriesSchema[] = [];
  #size = 0;
  /** Built when a schema differs from the first, then kept: targets that change their series do so again. */
  #columnOfKey: Map<string, number> | undefined;
  #last: { schema: SeriesSchema; mapping: ColumnMapping } | undefined;

  get schemas(): readonly SeriesSchema[] {
    return this.#schemas;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts the series of a schema behind the columns there are. The keys must be new. */
  add(schema: SeriesSchema): void {
    if (this.#columnOfKey !== undefined) addKeys(this.#columnOfKey, schema, this.#size);
    this.#schemas.push(schema);
    this.#size += schema.size;
    this.#last = undefined;
  }

  /** The mapping of a schema all of whose series have columns, or the indices of those that have none. */
  locate(schema: SeriesSchema): ColumnMapping | MissingColumns {
    if (this.#last !== undefined && (this.#last.schema === schema || this.#last.schema.id === schema.id)) {
      return this.#last.mapping;
    }
    const only = this.#schemas.length === 1 ? this.#schemas[0] : undefined;
    if (only !== undefined && (only === schema || only.id === schema.id)) {
      return this.#remember(schema, { columnOf: undefined });
    }
    this.#columnOfKey ??= this.#indexKeys();
    const columnOf = new Int32Array(schema.size);
    const missing: number[] = [];
    const seen = new Uint8Array(this.#size);
    for (const [index, key] of keysOf(schema).entries()) {
      const column = this.#columnOfKey.get(key);
      if (column === undefined) {
        missing.push(index);
      } else if (seen[column] === 1) columnOf[index] = -1;
      else {
        seen[column] = 1;
        columnOf[index] = column;
      }
    }
    return missing.length > 0 ? { missing } : this.#remember(schema, { columnOf });
  }

  #remember(schema: SeriesSchema, mapping: ColumnMapping): ColumnMapping {
    this.#last = { schema, mapping };
    return mapping;
  }

  #indexKeys(): Map<string, number> {
    const columnOfKey = new Map<string, number>();
    let from = 0;
    for (const schema of this.#schemas) {
      addKeys(columnOfKey, schema, from);
      from += schema.size;
    }
    return columnOfKey;
  }
}

function addKeys(columnOfKey: Map<string, number>, schema: SeriesSchema, from: number): void {
  for (const [index, key] of keysOf(schema).entries()) columnOfKey.set(key, from + index);
}

const uniqueness = new WeakMap<SeriesSchema, boolean>();

/** Whether no key comes twice. O(series) at the first call for a schema. */
export function hasUniqueKeys(schema: SeriesSchema): boolean {
  let isUnique = uniqueness.get(schema);
  if (isUnique === undefined) {
    isUnique = areUniqueKeys(schema.keys, schema.size);
    uniqueness.set(schema, isUnique);
  }
  return isUnique;
}
