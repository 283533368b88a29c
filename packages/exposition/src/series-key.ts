import { NOT_CANONICAL, ESCAPED, QUOTED, decodeString } from './label-list.ts';
import type { Scanner } from './scanner.ts';
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BYTE_CLASS,
  COMMA,
  EQUALS,
  LABEL_PART,
  LABEL_START,
  NAME_PART,
  NAME_START,
  NEWLINE,
  QUOTE,
} from './byte-class.ts';

const encoder = new TextEncoder();

/**
 * Writes canonical series keys one after the other, each followed by a newline.
 *
 * The form: `name{a="b",c="d"}`, labels sorted by the bytes of their names, no blanks, no braces without labels, labels with an empty value
 * left out, `\\`, `\"` and `\n` escaped. A name outside of `[a-zA-Z_:][a-zA-Z0-9_:]*` comes first inside of the braces,
 * quoted: `{"my.name",a="b"}`; a label name outside of `[a-zA-Z_][a-zA-Z0-9_]*` is quoted likewise.
 */
export class SeriesKeyWriter {
  buffer = new Uint8Array(4096);
  length = 0;

  clear(expectedBytes: number): void {
    this.length = 0;
    if (this.buffer.length < expectedBytes) this.buffer = new Uint8Array(Math.ceil(expectedBytes));
  }

  /** Appends the key of the sample that `scanner` stands on. */
  write(scanner: Scanner): void {
    if (scanner.isCanonical || (scanner.labels.length === 0 && scanner.nameFlags === 0)) {
      const end = scanner.labels.length === 0 ? scanner.nameEnd : scanner.labelsEnd;
      this.#reserve(end - scanner.nameStart + 1);
      this.#copy(scanner.body, scanner.nameStart, end);
    } else if (needsDecoding(scanner)) {
      const bytes = encoder.encode(decodedKey(scanner));
      this.#reserve(bytes.length + 1);
      this.#copy(bytes, 0, bytes.length);
    } else this.#writeLabels(scanner);
    this.buffer[this.length++] = NEWLINE;
  }

  /** Appends keys that are written already. */
  append(keys: Uint8Array): void {
    this.#reserve(keys.length);
    this.buffer.set(keys, this.length);
    this.length += keys.length;
  }

  #writeLabels(scanner: Scanner): void {
    const { body, labels } = scanner;
    // Quotes, equals sign and comma add at most six bytes a label to what stands in the body.
    this.#reserve(scanner.position - scanner.entryStart + 6 * (labels.length + 1));
    const isBareName = isBare(body, scanner.nameStart, scanner.nameEnd, scanner.nameFlags, NAME_START, NAME_PART);
    if (isBareName) this.#copy(body, scanner.nameStart, scanner.nameEnd);
    let hasBrace = false;
    if (!isBareName) {
      this.#put(BRACE_OPEN);
      this.#putQuoted(body, scanner.nameStart, scanner.nameEnd);
      hasBrace = true;
    }
    for (let i = 0; i < labels.length; i++) {
      const valueStart = labels.valueStart(i);
      const valueEnd = labels.valueEnd(i);
      if (valueStart === valueEnd) continue;
      this.#put(hasBrace ? COMMA : BRACE_OPEN);
      hasBrace = true;
      const nameStart = labels.nameStart(i);
      const nameEnd = labels.nameEnd(i);
      if (isBare(body, nameStart, nameEnd, labels.flagsOfName(i), LABEL_START, LABEL_PART)) {
        this.#copy(body, nameStart, nameEnd);
      } else this.#putQuoted(body, nameStart, nameEnd);
      this.#put(EQUALS);
      this.#putQuoted(body, valueStart, valueEnd);
    }
    if (hasBrace) this.#put(BRACE_CLOSE);
  }

  #put(byte: number): void {
    this.buffer[this.length++] = byte;
  }

  #putQuoted(body: Uint8Array, start: number, end: number): void {
    this.#put(QUOTE);
    this.#copy(body, start, end);
    this.#put(QUOTE);
  }

  #copy(body: Uint8Array, start: number, end: number): void {
    const buffer = this.buffer;
    let length = this.length;
    for (let i = start; i < end; i++) buffer[length++] = body[i] ?? 0;
    this.length = length;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

/** Whether escapes must be rewritten, or names compared as text rather than bytes. */
function needsDecoding(scanner: Scanner): boolean {
  const { labels } = scanner;
  return (
    ((labels.valueFlags | scanner.nameFlags) & NOT_CANONICAL) !== 0 ||
    (labels.nameFlags & (NOT_CANONICAL | ESCAPED)) !== 0
  );
}

function isBare(body: Uint8Array, start: number, end: number, flags: number, first: number, rest: number): boolean {
  if ((flags & QUOTED) === 0) return true;
  if (((BYTE_CLASS[body[start] ?? 0] ?? 0) & first) === 0) return false;
  for (let i = start + 1; i < end; i++) if (((BYTE_CLASS[body[i] ?? 0] ?? 0) & rest) === 0) return false;
  return true;
}

function decodedKey(scanner: Scanner): string {
  const { body, labels } = scanner;
  const pairs: (readonly [name: string, value: string])[] = [];
  for (let i = 0; i < labels.length; i++) {
    const name = decodeString(body, labels.nameStart(i), labels.nameEnd(i), labels.flagsOfName(i));
    const value = decodeString(body, labels.valueStart(i), labels.valueEnd(i), labels.flagsOfValue(i));
    if (value !== '') pairs.push([name, value]);
  }
  pairs.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
  const name = decodeString(body, scanner.nameStart, scanner.nameEnd, scanner.nameFlags);
  const isBareName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  const parts = isBareName ? [] : [quote(name)];
  for (const [label, value] of pairs) {
    parts.push(`${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : quote(label)}=${quote(value)}`);
  }
  const braces = parts.length === 0 ? '' : `{${parts.join(',')}}`;
  return isBareName ? name + braces : braces;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}
