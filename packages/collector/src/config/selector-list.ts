import { parseSelector, type Matcher } from '@pulsekeeper/model';

const QUOTES = ['"', "'", '`'];

/**
 * Reads selectors of series: a list, or one text with semicolons between them.
 *
 * @throws Error that says what is allowed
 */
export function parseSelectorList(value: unknown): readonly (readonly Matcher[])[] {
  const texts: unknown = typeof value === 'string' ? splitAtSemicolons(value) : value;
  if (!Array.isArray(texts)) throw notSelectors('');
  return (texts as readonly unknown[]).map((text) => {
    try {
      if (typeof text !== 'string') throw notSelectors('');
      return parseSelector(text);
    } catch (error) {
      throw notSelectors(error instanceof Error ? `: ${error.message}` : '');
    }
  });
}

function notSelectors(why: string): Error {
  return new Error(`expected selectors such as up;{service="checkout"}, separated by semicolons${why}`);
}

/** The parts that are not blank; a semicolon within quotes separates nothing. */
function splitAtSemicolons(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== undefined) {
      if (character === '\\' && quote !== '`') at++;
      else if (character === quote) quote = undefined;
    } else if (QUOTES.includes(character)) quote = character;
    else if (character === ';') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
