import { InvalidSelectorError } from './errors.ts';

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const NUMERIC_ESCAPE = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}/y;

/**
 * Reads a PromQL string that begins at an index: `"…"` and `'…'` with Go's escapes, or a raw one between backticks.
 *
 * @returns the text and the index after the closing quote.
 * @throws {@link InvalidSelectorError} when it does not end, has an unknown escape, or its escapes are not UTF-8.
 */
export function readQuotedText(source: string, start: number): { text: string; end: number } {
  const quote = source.charAt(start);
  const isRaw = quote === '`';
  const bytes: Uint8Array[] = [];
  let plainFrom = start + 1;
  for (let at = start + 1; at < source.length;) {
    const character = source.charAt(at);
    if (character === quote) {
      const plain = source.slice(plainFrom, at);
      return { text: bytes.length === 0 ? plain : joinUtf8([...bytes, encode(plain)], start), end: at + 1 };
    }
    if (character === '\n' && !isRaw) {
      break;
    }
    if (character !== '\\' || isRaw) {
      at += 1;
      continue;
    }
    const escape = readEscape(source, at + 1, quote);
    bytes.push(encode(source.slice(plainFrom, at)), escape.bytes);
    at = plainFrom = escape.end;
  }
  throw new InvalidSelectorError(start + 1, 'a quoted text is not closed');
}

function readEscape(source: string, at: number, quote: string): { bytes: Uint8Array; end: number } {
  const character = source.charAt(at);
  if (character === quote) {
    return { bytes: encode(quote), end: at + 1 };
  }
  if (Object.hasOwn(SIMPLE_ESCAPES, character)) {
    return { bytes: Uint8Array.of(SIMPLE_ESCAPES[character] ?? 0), end: at + 1 };
  }
  NUMERIC_ESCAPE.lastIndex = at;
  const digits = NUMERIC_ESCAPE.exec(source)?.[0];
  if (digits === undefined) {
    throw new InvalidSelectorError(at, `unknown escape \\${character}`);
  }
  const kind = digits.charAt(0);
  const isOctal = kind >= '0' && kind <= '7';
  const code = isOctal ? parseInt(digits, 8) : parseInt(digits.slice(1), 16);
  const isByte = isOctal || kind === 'x';
  if (isByte ? code > 0xff : code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new InvalidSelectorError(at, `escape \\${digits} is not a character`);
  }
  return { bytes: isByte ? Uint8Array.of(code) : encode(String.fromCodePoint(code)), end: at + digits.length };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `\xNN` and octal escapes are single bytes, so only the whole can be checked. */
function joinUtf8(parts: readonly Uint8Array[], start: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch (error) {
    throw new InvalidSelectorError(start + 1, 'the escapes in this text are not UTF-8', { cause: error });
  }
}
