import { RE2JS } from 're2js';

/** Longest regular expression of a step, in UTF-16 code units. Compiled programs grow with it. */
export const MAX_RELABEL_PATTERN_LENGTH = 1024;

/** A regular expression in RE2 syntax that must match the whole of a text. Time is linear in the text's length. */
export interface AnchoredPattern {
  /** Indices of the named groups. */
  readonly names: Readonly<Record<string, number>>;
  test(text: string): boolean;
  /** The whole match and the groups; `undefined` where the expression does not match. */
  groups(text: string): readonly (string | undefined)[] | undefined;
}

/**
 * Compiles an expression; as in Prometheus 3, a dot matches a line feed, too.
 *
 * @throws SyntaxError when it is not RE2 syntax, or longer than {@link MAX_RELABEL_PATTERN_LENGTH}.
 */
export function compileAnchoredPattern(pattern: string): AnchoredPattern {
  if (pattern.length > MAX_RELABEL_PATTERN_LENGTH) {
    throw new SyntaxError(
      `a regular expression may have ${MAX_RELABEL_PATTERN_LENGTH} characters, this one has ${pattern.length}`,
    );
  }
  const expression = compileRe2(pattern);
  return {
    names: expression.namedGroups(),
    test: (text) => expression.testExact(text),
    groups: (text) => {
      const matcher = expression.matcher(text);
      if (!matcher.matches()) {
        return undefined;
      }
      return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    },
  };
}

function compileRe2(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
