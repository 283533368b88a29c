import { RelabelError } from '../errors.ts';
import { compareNames, newLabelSet, type LabelSet } from '../labels.ts';

/** Longest value that a step may make, in UTF-16 code units: steps that double a value would fill the memory. */
export const MAX_RELABELLED_VALUE_LENGTH = 65_536;

/** Most labels that steps may make: mappings that double them would, too. */
export const MAX_RELABELLED_LABELS = 2048;

/**
 * A set of labels that is being changed. An empty value is the same as none. Labels are visited as in Prometheus: those
 * that were not set in the order of their names, then those that were set, in the order in which that was first done.
 */
export class LabelDraft {
  readonly #base = new Map<string, string>();
  /** Those that were set and not removed since. */
  readonly #added = new Map<string, string>();
  readonly #removed = new Set<string>();
  #size: number;
  #isChanged = false;

  constructor(labels: LabelSet) {
    for (const name of Object.keys(labels).sort(compareNames)) {
      const value = labels[name] ?? '';
      if (value !== '') {
        this.#base.set(name, value);
      }
    }
    this.#size = this.#base.size;
  }

  /** Whether any label got another value, came or went. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  get(name: string): string {
    const added = this.#added.get(name);
    if (added !== undefined) {
      return added;
    }
    return this.#removed.has(name) ? '' : (this.#base.get(name) ?? '');
  }

  /** Sets a label; an empty value removes it. @throws RelabelError beyond the bounds. */
  set(name: string, value: string): void {
    if (value.length > MAX_RELABELLED_VALUE_LENGTH || name.length > MAX_RELABELLED_VALUE_LENGTH) {
      throw new RelabelError(`a label became longer than ${MAX_RELABELLED_VALUE_LENGTH} characters`);
    }
    const before = this.get(name);
    this.#isChanged ||= before !== value;
    if (value === '') {
      this.#size -= before === '' ? 0 : 1;
      this.#added.delete(name);
      this.#removed.add(name);
      return;
    }
    // A label that was set before keeps its turn; one that is set to what it was in the beginning gets a new one.
    this.#added.set(name, value);
    this.#size += before === '' ? 1 : 0;
    if (this.#size > MAX_RELABELLED_LABELS) {
      throw new RelabelError(`more than ${MAX_RELABELLED_LABELS} labels came of it`);
    }
  }

  /** The names at this moment. */
  names(): string[] {
    return this.entries().map(([name]) => name);
  }

  /** The labels at this moment. */
  entries(): [name: string, value: string][] {
    const untouched = [...this.#base].filter(([name]) => !this.#removed.has(name) && !this.#added.has(name));
    return [...untouched, ...this.#added];
  }

  toLabelSet(): LabelSet {
    const labels = newLabelSet();
    for (const [name, value] of this.entries()) {
      labels[name] = value;
    }
    return labels;
  }
}
