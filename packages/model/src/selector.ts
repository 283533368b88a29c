import { InvalidSelectorError } from './errors.ts';
import { METRIC_NAME_LABEL } from './labels.ts';
import { compileMatcher, type Matcher, type MatchOperator } from './matcher.ts';
import { readQuotedText } from './quoted-text.ts';
import { showValue } from './show-value.ts';

const BLANK = /(?:[ \t\n\r]|#[^\n]*)*/y;
const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const OPERATOR = /=~|!~|!=|=/y;
const QUOTES = ['"', "'", '`'];
/** Longest selector, in UTF-16 code units. */
const MAX_SELECTOR_LENGTH = 65_536;

/**
 * Reads a Prometheus instant-vector selector: `up`, `up{service="web",path!~"/api/.*"}`, `{__name__=~"http_.+"}`,
 * `{"my.name","my.label"="x"}`.
 *
 * As in Prometheus a name may be quoted, texts stand in `"…"`, `'…'` or backticks, a comma may follow the last matcher,
 * `#` begins a comment, and at least one matcher must not match the empty value. Ranges, offsets, `@` and
 * functions are no part of a selector.
 *
 * @returns the matchers in the order of the text; the metric's name as a matcher of `__name__`.
 * @throws {@link InvalidSelectorError} with the column of the mistake.
 */
export function parseSelector(text: string): Matcher[] {
  if (text.length > MAX_SELECTOR_LENGTH) {
    throw new InvalidSelectorError(MAX_SELECTOR_LENGTH, `a selector may have ${MAX_SELECTOR_LENGTH} characters`);
  }
  return new SelectorReader(text).read();
}

class SelectorReader {
  readonly #text: string;
  readonly #matchers: Matcher[] = [];
  #at = 0;
  /** The metric's name, where one stands outside a matcher. */
  #metric: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Matcher[] {
    this.#skipBlank();
    const start = this.#at;
    const metric = this.#take(METRIC_NAME);
    if (metric !== '') {
      this.#setMetric(metric, start);
    }
    this.#skipBlank();
    if (this.#peek() === '{') {
      this.#at += 1;
      this.#readBraces();
      this.#skipBlank();
    } else if (metric === '') {
      this.#fail('a selector begins with a metric name or "{"');
    }
    if (this.#at < this.#text.length) {
      this.#fail(`a selector ends here, got ${this.#shownRest()}`);
    }
    if (!this.#matchers.some(isNarrowing)) {
      throw new InvalidSelectorError(start + 1, 'at least one matcher must not match the empty value');
    }
    return this.#matchers;
  }

  #readBraces(): void {
    this.#skipBlank();
    while (this.#peek() !== '}') {
      this.#readMatcher();
      this.#skipBlank();
      if (this.#peek() === ',') {
        this.#at += 1;
        this.#skipBlank();
      } else if (this.#peek() !== '}') {
        this.#fail(`expected "," or "}", got ${this.#shownRest()}`);
      }
    }
    this.#at += 1;
  }

  #readMatcher(): void {
    const start = this.#at;
    const isQuoted = QUOTES.includes(this.#peek());
    const name = isQuoted ? this.#takeQuoted() : this.#take(LABEL_NAME);
    if (name === '') {
      this.#fail(`expected a label name, got ${this.#shownRest()}`, start);
    }
    this.#skipBlank();
    const op = this.#take(OPERATOR) as MatchOperator | '';
    if (op === '') {
      if (!isQuoted) {
        this.#fail(`expected =, !=, =~ or !~, got ${this.#shownRest()}`);
      }
      this.#setMetric(name, start);
      return;
    }
    this.#skipBlank();
    const valueStart = this.#at;
    if (!QUOTES.includes(this.#peek())) {
      this.#fail(`expected a quoted text, got ${this.#shownRest()}`);
    }
    this.#add({ name, op, value: this.#takeQuoted() }, valueStart);
  }

  #setMetric(name: string, start: number): void {
    this.#add({ name: METRIC_NAME_LABEL, op: '=', value: name }, start);
    this.#metric = name;
  }

  #add(matcher: Matcher, start: number): void {
    if (matcher.name === METRIC_NAME_LABEL && this.#metric !== undefined) {
      this.#fail(`the metric name is given twice, it is already ${showValue(this.#metric)}`, start);
    }
    try {
      compileMatcher(matcher);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidSelectorError(start + 1, `not a regular expression: ${reason}`, { cause: error });
    }
    this.#matchers.push(matcher);
  }

  #takeQuoted(): string {
    const { text, end } = readQuotedText(this.#text, this.#at);
    this.#at = end;
    return text;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }

  #skipBlank(): void {
    this.#take(BLANK);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #shownRest(): string {
    return this.#at >= this.#text.length ? 'the end' : showValue(this.#text.slice(this.#at, this.#at + 20));
  }

  #fail(message: string, at = this.#at): never {
    throw new InvalidSelectorError(at + 1, message);
  }
}

/** Whether a matcher leaves out series that lack its label. */
function isNarrowing(matcher: Matcher): boolean {
  return !compileMatcher(matcher)('');
}
