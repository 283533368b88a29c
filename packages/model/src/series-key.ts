import { InvalidSeriesKeyError } from './errors.ts';
import {
  compareNames,
  isClassicLabelName,
  isClassicMetricName,
  METRIC_NAME_LABEL,
  newLabelSet,
  type LabelSet,
} from './labels.ts';

const ESCAPED = /[\\"\n]/;
const ESCAPES = /[\\"\n]/g;
const BARE_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/**
 * The canonical text of a series: `name{a="b",c="d"}`.
 *
 * Labels are sorted by the UTF-8 bytes of their names; no spaces, no braces without labels; `\`, `"` and line feed are
 * escaped in values, so a key never contains a line feed. A metric name that is not `[a-zA-Z_:][a-zA-Z0-9_:]*` stands in
 * quotes before the labels, `{"my.name",a="b"}`; a label name that is not `[a-zA-Z_][a-zA-Z0-9_]*` is quoted in its place.
 * Labels with an empty value are left out: in Prometheus' model they are the same as absent ones. The empty set is `{}`.
 *
 * @param hidden - Labels of the target that this series does not have; they are written with an empty value.
 */
export function formatSeriesKey(labels: LabelSet, hidden: readonly string[] = []): string {
  const names = Object.keys(labels).filter((name) => labels[name] !== '' && name !== METRIC_NAME_LABEL);
  names.push(...hidden);
  names.sort(compareNames);
  const metric = Object.hasOwn(labels, METRIC_NAME_LABEL) ? (labels[METRIC_NAME_LABEL] ?? '') : '';
  const isBare = isClassicMetricName(metric);
  let inner = isBare || metric === '' ? '' : quote(metric);
  for (const name of names) {
    inner += `${inner === '' ? '' : ','}${isClassicLabelName(name) ? name : quote(name)}=${quote(labels[name] ?? '')}`;
  }
  if (isBare) {
    return inner === '' ? metric : `${metric}{${inner}}`;
  }
  return `{${inner}}`;
}

function quote(text: string): string {
  if (!ESCAPED.test(text)) {
    return `"${text}"`;
  }
  return `"${text.replace(ESCAPES, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}

/**
 * Reads a series key back into its labels. The inverse of {@link formatSeriesKey}; labels may come in any order.
 *
 * @throws {@link InvalidSeriesKeyError} with the column, when the text is not such a key or names a label twice.
 */
export function parseSeriesKey(key: string): LabelSet {
  return new SeriesKeyReader(key).read();
}

class SeriesKeyReader {
  readonly #key: string;
  readonly #labels = newLabelSet();
  #at = 0;

  constructor(key: string) {
    this.#key = key;
  }

  read(): LabelSet {
    const metric = this.#bareName();
    if (metric !== '') {
      this.#labels[METRIC_NAME_LABEL] = metric;
    }
    if (metric === '' || this.#at < this.#key.length) {
      this.#braces(metric === '');
    }
    if (this.#at < this.#key.length) {
      this.#fail('nothing may follow the labels');
    }
    return this.#labels;
  }

  #braces(mayHoldName: boolean): void {
    this.#expect('{');
    if (mayHoldName && this.#key[this.#at] === '}') {
      this.#at += 1;
      return;
    }
    for (let isFirst = true; ; isFirst = false) {
      const isQuoted = this.#key[this.#at] === '"';
      const name = isQuoted ? this.#quoted() : this.#bareName();
      const separator = this.#key[this.#at];
      if (isFirst && isQuoted && mayHoldName && separator !== '=') {
        this.#add(METRIC_NAME_LABEL, name);
      } else {
        if (name === '' || (!isQuoted && name.includes(':'))) {
          this.#fail('a label name is expected');
        }
        this.#expect('=');
        this.#add(name, this.#quoted());
      }
      if (this.#key[this.#at] === '}') {
        this.#at += 1;
        return;
      }
      this.#expect(',');
    }
  }

  #add(name: string, value: string): void {
    if (Object.hasOwn(this.#labels, name)) {
      this.#fail('a label stands twice');
    }
    this.#labels[name] = value;
  }

  #bareName(): string {
    BARE_NAME.lastIndex = this.#at;
    const name = BARE_NAME.exec(this.#key)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #quoted(): string {
    this.#expect('"');
    let text = '';
    for (let start = this.#at; ;) {
      const end = this.#key.indexOf('"', start);
      if (end < 0) {
        this.#at = this.#key.length;
        return this.#fail('a quote is not closed');
      }
      const escape = this.#key.indexOf('\\', start);
      if (escape < 0 || escape > end) {
        this.#at = end + 1;
        return text + this.#key.slice(start, end);
      }
      const escaped = this.#key[escape + 1];
      if (escaped !== 'n' && escaped !== '\\' && escaped !== '"') {
        this.#at = escape;
        return this.#fail('only \\\\, \\" and \\n are escapes');
      }
      text += this.#key.slice(start, escape) + (escaped === 'n' ? '\n' : escaped);
      start = escape + 2;
    }
  }

  #expect(character: string): void {
    if (this.#key[this.#at] !== character) {
      this.#fail(`expected ${character}`);
    }
    this.#at += 1;
  }

  #fail(message: string): never {
    throw new InvalidSeriesKeyError(this.#at + 1, message);
  }
}
