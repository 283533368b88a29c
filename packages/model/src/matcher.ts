import { RE2JS } from 're2js';
import { labelValue, type LabelSet } from './labels.ts';

/** How a matcher compares: equal, not equal, matches the regular expression, does not match it. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition on a label. An absent label counts as `''`. The metric's name is the label `__name__`. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOperator;
  /** The value, or a regular expression in RE2 syntax that must match the whole value. */
  readonly value: string;
}

/** Longest regular expression, in UTF-16 code units. Compiled programs grow with it. */
const MAX_PATTERN_LENGTH = 4096;
/** Values repeat from series to series (services, instances, buckets), and RE2 takes microseconds a value. */
const MAX_REMEMBERED_VALUES = 1000;
/** Alternatives without any special character, such as `a|b|c`. */
const LITERALS = /^[^\\.+*?()|[\]{}^$]*(?:\|[^\\.+*?()|[\]{}^$]*)*$/;

/**
 * Whether a matcher holds for a value of its label. Time is linear in the value's length: regular expressions run on RE2.
 *
 * @throws SyntaxError when the value is not a regular expression in RE2 syntax, or longer than 4,096.
 */
export function compileMatcher({ op, value }: Pick<Matcher, 'op' | 'value'>): (candidate: string) => boolean {
  switch (op) {
    case '=':
      return (candidate) => candidate === value;
    case '!=':
      return (candidate) => candidate !== value;
    case '=~':
      return compilePattern(value);
    case '!~': {
      const isMatch = compilePattern(value);
      return (candidate) => !isMatch(candidate);
    }
  }
}

/**
 * A predicate that holds for label sets for which all matchers hold.
 *
 * @throws SyntaxError as {@link compileMatcher} does.
 */
export function compileMatchers(matchers: readonly Matcher[]): (labels: LabelSet) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, holds: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, holds }) => holds(labelValue(labels, name)));
}

function compilePattern(pattern: string): (candidate: string) => boolean {
  if (LITERALS.test(pattern)) {
    const values = new Set(pattern.split('|'));
    return (candidate) => values.has(candidate);
  }
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SyntaxError(
      `a regular expression may have ${MAX_PATTERN_LENGTH} characters, this one has ${pattern.length}`,
    );
  }
  const expression = compileRe2(pattern);
  const remembered = new Map<string, boolean>();
  return (candidate) => {
    const known = remembered.get(candidate);
    if (known !== undefined) {
      return known;
    }
    if (remembered.size >= MAX_REMEMBERED_VALUES) {
      remembered.clear();
    }
    const isMatch = expression.testExact(candidate);
    remembered.set(candidate, isMatch);
    return isMatch;
  };
}

function compileRe2(pattern: string): RE2JS {
  try {
    // As in Prometheus 3, a dot matches a line feed, too.
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
