import { formatSeriesKey, labelValue, METRIC_NAME_LABEL, newLabelSet, type LabelSet } from '@pulsekeeper/model';

import { KeyList } from './key-list.ts';
import { renameInKeys } from './rename-in-keys.ts';

/** Keys that are parsed in one step: about a millisecond. */
const KEYS_A_STEP = 256;

/** What a scraped label that clashes with one of the target is renamed to begin with. */
const EXPORTED_PREFIX = 'exported_';

/**
 * Renames the scraped labels that clash with labels of the target, as Prometheus does with `honor_labels: false`:
 * `service` becomes `exported_service`, and once more with the prefix while that name is taken as well. Returns the
 * same set when nothing clashes.
 */
export function renameConflicts(scraped: LabelSet, target: LabelSet): LabelSet {
  const clashing = Object.keys(scraped).filter((name) => name !== METRIC_NAME_LABEL && labelValue(target, name) !== '');
  if (clashing.length === 0) return scraped;
  const renamed = newLabelSet();
  for (const [name, value] of Object.entries(scraped)) {
    if (!clashing.includes(name)) renamed[name] = value;
  }
  // Sorted, so that the outcome does not depend on the order of the body.
  for (const name of clashing.sort()) {
    let free = EXPORTED_PREFIX + name;
    while (labelValue(renamed, free) !== '' || labelValue(target, free) !== '' || clashing.includes(free)) {
      free = EXPORTED_PREFIX + free;
    }
    renamed[free] = labelValue(scraped, name);
  }
  return renamed;
}

/** The series keys with their clashes resolved, and which of the scraped series they stand for. */
export interface ResolvedKeys {
  /** Canonical keys, UTF-8, each followed by a line feed. */
  readonly keys: Uint8Array;
  /** Indices of the series that are kept, ascending; undefined when all are. */
  readonly kept: Uint32Array | undefined;
}

/**
 * Resolves the clashes of a whole list of series, step by step. Lists without any are told by searching the bytes for the
 * target's label names and are returned as they are.
 *
 * Where a rename makes two series equal, the first stands, as for duplicates in a body.
 */
export function* resolveConflicts(
  keys: Uint8Array,
  keyAt: (index: number) => string,
  size: number,
  parse: (key: string) => LabelSet,
  target: LabelSet,
): Generator<undefined, ResolvedKeys> {
  const names = Object.keys(target).filter((name) => mentions(keys, name));
  if (names.length === 0) return { keys, kept: undefined };
  // Where no label has such a name already, a rename is one of a kind, and no two series become equal.
  if (!names.some((name) => mentions(keys, EXPORTED_PREFIX + name))) {
    const renamed = yield* renameInKeys(keys, size, names, EXPORTED_PREFIX);
    if (renamed !== undefined) return { keys: renamed, kept: undefined };
  }
  const seen = new Set<string>();
  const list = new KeyList();
  const kept: number[] = [];
  for (let index = 0; index < size; index += 1) {
    if (index % KEYS_A_STEP === KEYS_A_STEP - 1) yield;
    const labels = parse(keyAt(index));
    const renamed = renameConflicts(labels, target);
    const key = renamed === labels ? keyAt(index) : formatSeriesKey(renamed);
    if (seen.has(key)) continue;
    seen.add(key);
    list.add(key);
    kept.push(index);
  }
  return { keys: list.bytes(), kept: kept.length === size ? undefined : Uint32Array.from(kept) };
}

/** Whether the name stands before an equals sign; may be true for a label value that looks like it. */
function mentions(keys: Uint8Array, name: string): boolean {
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  return bytes.includes(`${name}="`) || bytes.includes(`${name}"="`);
}
