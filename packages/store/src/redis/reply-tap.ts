import type { Redis } from 'ioredis';
import { PackedCommand, type ReplyForm } from './packed-command.ts';
import { INCOMPLETE, integerArrayAt, NOT_RESP, ReplyScanner } from './reply-bytes.ts';

/** A reply that is to be counted and has not come to its end within this is left to the decoder. */
const MOST_COUNTED_BYTES = 1024 * 1024;
const MINUS = 45;
const STAR = 42;

/** What a decoder gets in the place of a reply that its command takes as bytes. */
const IN_PLACE_OF_BYTES = Buffer.from(':0\r\n');

/** How the reply that comes next is wanted. */
export interface WantedReply {
  readonly form: ReplyForm;
  /** Takes a reply of the form `bytes`, whole. */
  readonly onBytes?: ((bytes: Buffer) => void) | undefined;
}

const DECODED: WantedReply = { form: 'decoded' };

/**
 * Stands before a decoder of replies, which spends more on a reply of many parts than all else costs that is done for it. Of
 * an array of integers that may be counted the decoder gets their number; a reply that is wanted as bytes it does not get. All
 * others, and every error, it gets as they come.
 */
export class ReplyTap {
  readonly #decode: (bytes: Buffer) => void;
  readonly #next: () => WantedReply;
  readonly #scanner = new ReplyScanner();
  #wanted = DECODED;
  /** What has come of a reply that the decoder is not to get as it comes. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isOff = false;

  /**
   * @param decode - takes replies
   * @param next - how the reply is wanted that the decoder would get next
   */
  constructor(decode: (bytes: Buffer) => void, next: () => WantedReply) {
    this.#decode = decode;
    this.#next = next;
  }

  /** Takes what came. */
  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#isOff;) {
      if (this.#scanner.isBetweenReplies) this.#wanted = this.#wantedOf(chunk[at]);
      const end = this.#scanner.scan(chunk, at);
      if (end === NOT_RESP) {
        this.#isOff = true;
        this.#giveUpHeld();
        this.#decode(chunk.subarray(at));
        return;
      }
      const part = end === INCOMPLETE ? chunk.subarray(at) : chunk.subarray(at, end);
      if (this.#wanted.form === 'decoded') this.#decode(part);
      else this.#hold(part, end !== INCOMPLETE);
      at += part.length;
    }
    // Only what comes after what is no reply: all before was handed on above.
    if (this.#isOff && chunk.length > 0) this.#decode(chunk);
  }

  /** An error is the decoder's in any case, and nothing but an array is counted. */
  #wantedOf(firstByte: number | undefined): WantedReply {
    if (firstByte === MINUS) return DECODED;
    const wanted = this.#next();
    return wanted.form === 'counted' && firstByte !== STAR ? DECODED : wanted;
  }

  #hold(part: Buffer, isWhole: boolean): void {
    if (!isWhole) {
      this.#held.push(part);
      this.#heldBytes += part.length;
      if (this.#wanted.form === 'counted' && this.#heldBytes > MOST_COUNTED_BYTES) this.#giveUpHeld();
      return;
    }
    const bytes = this.#held.length === 0 ? part : Buffer.concat([...this.#held, part]);
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#wanted.form === 'bytes') {
      this.#wanted.onBytes?.(bytes);
      this.#decode(IN_PLACE_OF_BYTES);
      return;
    }
    const integers = integerArrayAt(bytes, 0);
    this.#decode(integers === undefined ? bytes : Buffer.from(`:${integers.count}\r\n`));
  }

  #giveUpHeld(): void {
    for (const part of this.#held) this.#decode(part);
    this.#held = [];
    this.#heldBytes = 0;
    this.#wanted = DECODED;
  }
}

/** Lets {@link PackedCommand}s have replies of the form that they want, on each new connection of a client. To be called before it connects. */
export function tapReplies(client: Redis): void {
  client.on('connect', () => {
    const { stream } = client;
    // Nothing has come yet. The one listener there is must be the decoder; where it is not, it stays as it is.
    const [decode, ...others] = stream.listeners('data') as ((chunk: Buffer) => void)[];
    if (decode === undefined || others.length > 0) return;
    const tap = new ReplyTap(decode, () => {
      // The decoder settles commands while it decodes: the reply that comes next is that of the first.
      const command = client.commandQueue.peekFront()?.command;
      return command instanceof PackedCommand ? command : DECODED;
    });
    stream.prependListener('data', (chunk: Buffer) => tap.take(chunk));
    stream.removeListener('data', decode);
  });
}
