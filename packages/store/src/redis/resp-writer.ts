const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

/** Writes a request of the Redis protocol into memory of a size known beforehand. */
export class RespWriter {
  readonly bytes: Buffer;
  position = 0;

  /** @param bytes - memory that whatever is written fits into */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Begins a command of `count` arguments, its name being the first. */
  array(count: number): void {
    this.#header(STAR, count);
  }

  /** An argument of ASCII characters. */
  ascii(text: string): void {
    this.#header(DOLLAR, text.length);
    const { bytes } = this;
    let at = this.position;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.position = at;
    this.#end();
  }

  /** Begins an argument of `length` bytes, which the caller copies to where this says; {@link endBulk} follows. */
  beginBulk(length: number): number {
    this.#header(DOLLAR, length);
    const at = this.position;
    this.position += length;
    return at;
  }

  endBulk(): void {
    this.#end();
  }

  /** An argument of any bytes. */
  bulk(argument: Uint8Array): void {
    this.bytes.set(argument, this.beginBulk(argument.length));
    this.#end();
  }

  /** An argument without a byte. */
  nothing(): void {
    const { bytes } = this;
    bytes[this.position++] = DOLLAR;
    bytes[this.position++] = ZERO;
    this.#end();
    this.#end();
  }

  /** Arguments that are protocol already. */
  raw(arguments_: Buffer): void {
    this.bytes.set(arguments_, this.position);
    this.position += arguments_.length;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.position);
  }

  #header(kind: number, value: number): void {
    const { bytes } = this;
    bytes[this.position++] = kind;
    let scale = 1;
    while (value >= scale * 10) scale *= 10;
    for (; scale >= 1; scale /= 10) bytes[this.position++] = ZERO + (Math.floor(value / scale) % 10);
    this.#end();
  }

  #end(): void {
    this.bytes[this.position++] = CARRIAGE_RETURN;
    this.bytes[this.position++] = LINE_FEED;
  }
}

/** Arguments as protocol, to be kept and used again. */
export function packArguments(texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`)));
}
