const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const STAR = 42;
const MINUS = 45;
const ZERO = 48;
const COLON = 58;

/** What {@link endOfReply} says of a reply whose end has not come yet. */
export const INCOMPLETE = -1;
/** What {@link endOfReply} says of bytes that are no RESP2. */
export const NOT_RESP = -2;

/** An array of integers alone, as it lies in bytes. */
export interface IntegerArray {
  readonly count: number;
  /** Where what follows begins. */
  readonly end: number;
}

/**
 * Where the RESP2 reply that begins at `at` ends, without decoding it.
 *
 * @returns {@link INCOMPLETE} or {@link NOT_RESP} for none
 */
export function endOfReply(bytes: Buffer, at: number): number {
  let position = at;
  for (let replies = 1; replies > 0; replies--) {
    const lineEnd = endOfLine(bytes, position);
    if (lineEnd < 0) return lineEnd;
    const kind = String.fromCharCode(bytes[position] ?? 0);
    if (!'+-:$*'.includes(kind)) return NOT_RESP;
    if (kind === '$' || kind === '*') {
      const length = Number(bytes.toString('latin1', position + 1, lineEnd - 2));
      if (!Number.isSafeInteger(length)) return NOT_RESP;
      if (kind === '*') replies += Math.max(0, length);
      position = lineEnd + (kind === '$' && length >= 0 ? length + 2 : 0);
    } else position = lineEnd;
    if (position > bytes.length) return INCOMPLETE;
  }
  return position;
}

/** The array of integers that begins at `at`; `undefined` when it is another reply, or has not come to its end. */
export function integerArrayAt(bytes: Buffer, at: number): IntegerArray | undefined {
  if (bytes[at] !== STAR) return undefined;
  const first = endOfLine(bytes, at);
  const count = first < 0 ? 0 : Number(bytes.toString('latin1', at + 1, first - 2));
  if (!(Number.isSafeInteger(count) && count > 0)) return undefined;
  const second = endOfInteger(bytes, first);
  if (second < 0) return undefined;
  // Mostly all are the same: bytes that equal those one integer further on.
  const end = first + count * (second - first);
  if (end <= bytes.length && bytes.compare(bytes, first, first + end - second, second, end) === 0) {
    return { count, end };
  }
  let position = second;
  for (let index = 1; index < count; index++) {
    position = endOfInteger(bytes, position);
    if (position < 0) return undefined;
  }
  return { count, end: position };
}

function endOfLine(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(CARRIAGE_RETURN, at);
  if (end < 0 || end + 1 >= bytes.length) return INCOMPLETE;
  return bytes[end + 1] === LINE_FEED ? end + 2 : NOT_RESP;
}

/** Negative when there is no whole one. */
function endOfInteger(bytes: Buffer, at: number): number {
  if (bytes[at] !== COLON) return NOT_RESP;
  const digits = bytes[at + 1] === MINUS ? at + 2 : at + 1;
  let position = digits;
  while (isDigit(bytes[position])) position++;
  if (position === digits) return NOT_RESP;
  return bytes[position] === CARRIAGE_RETURN && bytes[position + 1] === LINE_FEED ? position + 2 : NOT_RESP;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}
