import { StoreError } from '../errors.ts';

/** An entry of a stream, or a late frame. */
export interface StreamEntry {
  readonly id: string;
  readonly slotMs: number;
  readonly isEnd: boolean;
  readonly bytes: Buffer;
}

/**
 * The entries of a reply of `XRANGE`, with the bytes of the first field's value: from the reply's bytes, or where it came
 * decoded, from that.
 *
 * @throws StoreError with code `Unknown` when the reply is another
 */
export function streamEntries(reply: unknown): StreamEntry[] {
  if (Buffer.isBuffer(reply)) return new EntryCursor(reply).entries();
  if (!Array.isArray(reply)) throw unknownReply();
  return (reply as unknown[]).flatMap((entry) => {
    const [id, fields] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const bytes: unknown = Array.isArray(fields) ? fields[1] : undefined;
    return Buffer.isBuffer(id) && Buffer.isBuffer(bytes) ? [entryOf(id.toString('latin1'), bytes)] : [];
  });
}

export function entryOf(id: string, bytes: Buffer): StreamEntry {
  const dash = id.indexOf('-');
  return { id, slotMs: Number(id.slice(0, dash)), isEnd: id.slice(dash + 1) === '1', bytes };
}

const STAR = 42;
const DOLLAR = 36;
const LINE_FEED = 10;
const ZERO = 48;

/** Takes a reply apart that is known to be whole. */
class EntryCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  entries(): StreamEntry[] {
    const entries: StreamEntry[] = [];
    for (let left = this.#length(STAR); left > 0; left--) {
      if (this.#length(STAR) !== 2) throw unknownReply();
      const idLength = this.#length(DOLLAR);
      const id = this.#bytes.toString('latin1', this.#at, this.#at + idLength);
      this.#at += idLength + 2;
      const texts = this.#length(STAR);
      let frame: Buffer | undefined;
      for (let text = 0; text < texts; text++) {
        const length = this.#length(DOLLAR);
        if (text === 1) frame = this.#bytes.subarray(this.#at, this.#at + length);
        this.#at += length + 2;
      }
      if (frame !== undefined) entries.push(entryOf(id, frame));
    }
    return entries;
  }

  /** The length that a line of this kind tells. */
  #length(kind: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== kind) throw unknownReply();
    let length = 0;
    for (let digit = (bytes[at++] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at++] ?? 0) - ZERO) {
      length = length * 10 + digit;
    }
    // Behind the digits comes a carriage return, and behind that:
    if (bytes[at++] !== LINE_FEED) throw unknownReply();
    this.#at = at;
    return length;
  }
}

function unknownReply(): StoreError {
  return new StoreError('Unknown', 'redis answered XRANGE with something else than entries of a stream');
}
