import { RelabelError } from '../errors.ts';
import { compareNames, newLabelSet, type LabelSet } from '../labels.ts';

/** Longest value that a step may make, in UTF-16 code units: steps that double a value would fill the memory. */
export const MAX_RELABELLED_VALUE_LENGTH = 65_536;

/** Most labels that steps may make: mappings that double them would, too. */
export const MAX_RELABELLED_LABELS = 2048;

/**
 * A set of labels that is being changed. An empty value is the same as none. Labels are visited in the order of their
 * names as they were in the beginning, then in the order in which they were last set, as in Prometheus.
 */
export class LabelDraft {
  readonly #labels = new Map<string, string>();
  #isChanged = false;

  constructor(labels: LabelSet) {
    for (const name of Object.keys(labels).sort(compareNames)) {
      const value = labels[name] ?? '';
      if (value !== '') {
        this.#labels.set(name, value);
      }
    }
  }

  /** Whether any label got another value, came or went. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  get(name: string): string {
    return this.#labels.get(name) ?? '';
  }

  /** Sets a label; an empty value removes it. @throws RelabelError beyond the bounds. */
  set(name: string, value: string): void {
    if (this.get(name) === value) {
      return;
    }
    if (value.length > MAX_RELABELLED_VALUE_LENGTH || name.length > MAX_RELABELLED_VALUE_LENGTH) {
      throw new RelabelError(`a label became longer than ${MAX_RELABELLED_VALUE_LENGTH} characters`);
    }
    this.#isChanged = true;
    this.#labels.delete(name);
    if (value === '') {
      return;
    }
    this.#labels.set(name, value);
    if (this.#labels.size > MAX_RELABELLED_LABELS) {
      throw new RelabelError(`more than ${MAX_RELABELLED_LABELS} labels came of it`);
    }
  }

  /** The names at this moment. */
  names(): string[] {
    return [...this.#labels.keys()];
  }

  /** The labels at this moment. */
  entries(): [name: string, value: string][] {
    return [...this.#labels];
  }

  toLabelSet(): LabelSet {
    const labels = newLabelSet();
    for (const [name, value] of this.#labels) {
      labels[name] = value;
    }
    return labels;
  }
}
