import { readLabels } from './read-labels.ts';
import { asciiSlice } from './decimal.ts';
import { decodeString, NOT_CANONICAL } from './label-list.ts';
import { ENTRY_HELP, ENTRY_SAMPLE, ENTRY_TYPE, VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { parseNumber } from './parse-number.ts';

/**
 * The rules of the Prometheus text format that Prometheus' own parser does not insist on but its reference decoder does:
 * one HELP and one TYPE a metric, the type before the samples, only the escapes that the format knows, `le` and `quantile`
 * as numbers, counts not below zero.
 */
export class TextChecker {
  readonly #helped = new Set<string>();
  readonly #types = new Map<string, string>();
  readonly #sampled = new Set<string>();

  check(scanner: Scanner, entry: number): void {
    const { body, nameStart, nameEnd, nameFlags } = scanner;
    if (entry === ENTRY_SAMPLE) this.#checkSample(scanner, decodeString(body, nameStart, nameEnd, nameFlags));
    else if (entry === ENTRY_HELP) {
      const name = decodeString(body, nameStart, nameEnd, nameFlags);
      if (this.#helped.has(name)) scanner.fail('strict_metadata', scanner.entryStart);
      this.#helped.add(name);
    } else if (entry === ENTRY_TYPE) {
      const name = decodeString(body, nameStart, nameEnd, nameFlags);
      const isLate = this.#types.has(name) || this.#sampled.has(name);
      if (isLate) scanner.fail('strict_metadata', scanner.entryStart);
      this.#types.set(name, asciiSlice(body, scanner.textStart, scanner.textEnd));
    }
  }

  finish(_scanner: Scanner): void {
    // Every rule of this format can be checked as its line is read.
  }

  #checkSample(scanner: Scanner, name: string): void {
    const { labels } = scanner;
    if (((labels.nameFlags | labels.valueFlags | scanner.nameFlags) & NOT_CANONICAL) !== 0) {
      scanner.fail('strict_syntax', scanner.entryStart);
    }
    this.#sampled.add(name);
    const suffix = /_(?:bucket|count|sum)$/.exec(name)?.[0] ?? '';
    const family = this.#types.has(name) ? name : name.slice(0, name.length - suffix.length);
    this.#sampled.add(family);
    const type = this.#types.get(family);
    if (type !== 'histogram' && type !== 'summary') return;
    const { le, quantile } = readLabels(scanner.body, labels) as { le?: string; quantile?: string };
    const bound = type === 'histogram' ? le : quantile;
    if (bound !== undefined && parseNumber(bound) === undefined) scanner.fail('strict_labels', scanner.entryStart);
    const value = scanner.numbers[VALUE] ?? NaN;
    const isCount = type === 'histogram' && family !== name && suffix !== '_sum';
    if (isCount && !(value >= 0)) scanner.fail('strict_sample_value', scanner.valueStart);
  }
}
