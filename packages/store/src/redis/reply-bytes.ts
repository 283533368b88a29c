const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const DOLLAR = 36;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const COLON = 58;

/** What {@link ReplyScanner.scan} says of a reply whose end has not come yet. */
export const INCOMPLETE = -1;
/** What {@link ReplyScanner.scan} says of bytes that are no RESP2. */
export const NOT_RESP = -2;

/** An array of integers alone, as it lies in bytes. */
export interface IntegerArray {
  readonly count: number;
  /** Where what follows begins. */
  readonly end: number;
}

/** Finds where RESP2 replies end, without decoding them, in bytes that come in pieces. Looks at each byte once. */
export class ReplyScanner {
  /** Replies whose end has not come, those within arrays among them; 0 between replies. */
  #open = 0;
  /** Bytes of a text, and of the end of its line, that have not come. */
  #textLeft = 0;
  /** First byte of the line that has begun; 0 between lines. */
  #kind = 0;
  #length = 0;
  #isNegative = false;

  /** Whether the next byte begins a reply. */
  get isBetweenReplies(): boolean {
    return this.#open === 0;
  }

  /**
   * Goes on with the reply that has begun, or begins the next.
   *
   * @returns where it ends in these bytes, {@link INCOMPLETE}, or {@link NOT_RESP}: then all that follows is unknown
   */
  scan(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#open === 0) this.#open = 1;
    while (this.#open > 0) {
      if (this.#textLeft > 0) {
        const taken = Math.min(this.#textLeft, bytes.length - at);
        at += taken;
        this.#textLeft -= taken;
        if (this.#textLeft > 0) return INCOMPLETE;
        this.#open--;
        continue;
      }
      if (this.#kind === 0) {
        if (at >= bytes.length) return INCOMPLETE;
        this.#kind = bytes[at++] ?? 0;
        this.#length = 0;
        this.#isNegative = false;
      }
      at = this.#kind === DOLLAR || this.#kind === STAR ? this.#takeLength(bytes, at) : this.#takeLine(bytes, at);
      if (at < 0) return at;
    }
    return at;
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    if (this.#kind !== PLUS && this.#kind !== MINUS && this.#kind !== COLON) return NOT_RESP;
    const end = bytes.indexOf(LINE_FEED, from);
    if (end < 0) return INCOMPLETE;
    this.#kind = 0;
    this.#open--;
    return end + 1;
  }

  #takeLength(bytes: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      if (at >= bytes.length) return INCOMPLETE;
      const byte = bytes[at++] ?? 0;
      if (byte === LINE_FEED) break;
      if (isDigit(byte)) this.#length = this.#length * 10 + byte - ZERO;
      else if (byte === MINUS) this.#isNegative = true;
      else if (byte !== CARRIAGE_RETURN) return NOT_RESP;
    }
    if (!Number.isSafeInteger(this.#length)) return NOT_RESP;
    const length = this.#isNegative ? -1 : this.#length;
    if (this.#kind === DOLLAR && length >= 0) this.#textLeft = length + 2;
    else this.#open += Math.max(0, length) - 1;
    this.#kind = 0;
    return at;
  }
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
