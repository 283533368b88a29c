import type { BodyStore } from './body-store.ts';
import { plainRows } from './plain-rows.ts';
import type { RowSink } from './plain-rows.ts';
import { KEYS_LENGTH, ROWS } from './scan-engine.ts';
import type { ScanEngine } from './scan-engine.ts';
import { VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { hashBytes } from './series-index.ts';
import type { ScanSettings, Workspace } from './workspace.ts';

/** What {@link plainParse} returns when the body has more samples than allowed. */
export const TOO_MANY_SAMPLES = -1;

/**
 * Does what `fullParse` does, several times as fast.
 *
 * @returns how many samples were left out as duplicates, or `TOO_MANY_SAMPLES`, for `fullParse` to say where
 * @throws ParseError, LimitError, as `fullParse` does
 */
export function* plainParse(
  engine: ScanEngine,
  body: BodyStore,
  settings: ScanSettings,
  work: Workspace,
): Generator<undefined, number> {
  work.keys.clear(body.length * work.keyShare);
  work.index.clear();
  work.columns.clear();
  const rows = new DistinctRows(work);
  const end = yield* plainRows(engine, body, settings, work, rows);
  return end === 'too many samples' ? TOO_MANY_SAMPLES : rows.duplicates;
}

/** Moves rows into the columns of a workspace, those of a series that it has left out. */
class DistinctRows implements RowSink {
  readonly #work: Workspace;
  duplicates = 0;

  constructor(work: Workspace) {
    this.#work = work;
  }

  get count(): number {
    return this.#work.columns.size + this.duplicates;
  }

  take(engine: ScanEngine): boolean {
    const { state, hashes, keyEnds, values, starts, timestampsMs } = engine;
    const { keys, index, columns } = this.#work;
    const rows = state[ROWS] ?? 0;
    const first = keys.length;
    keys.append(engine.keys.subarray(0, state[KEYS_LENGTH]));
    const { buffer } = keys;
    let from = first;
    let to = first;
    for (let row = 0; row < rows; row++) {
      const end = first + (keyEnds[row] ?? 0);
      // Behind a duplicate the keys close ranks.
      if (to !== from) buffer.copyWithin(to, from, end);
      const length = end - from;
      if (index.add(buffer, to, to + length, hashes[row] ?? 0)) {
        columns.push(values[row] ?? NaN, starts[row] ?? 0, timestampsMs[row] ?? NaN);
        to += length;
      } else this.duplicates++;
      from = end;
    }
    keys.length = to;
    state[ROWS] = 0;
    state[KEYS_LENGTH] = 0;
    return true;
  }

  takeGiant(key: Uint8Array, scanner: Scanner): boolean {
    const { keys, index, columns } = this.#work;
    const start = keys.length;
    keys.append(key);
    if (index.add(keys.buffer, start, keys.length, hashBytes(key, 0, key.length))) {
      columns.push(scanner.numbers[VALUE] ?? NaN, scanner.valueStart, scanner.timestampMs);
      return true;
    }
    keys.length = start;
    this.duplicates++;
    return true;
  }
}
