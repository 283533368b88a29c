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
  /** How many replies are one for the decoder, 1 unless told; several are `counted`. */
  readonly commands?: number | undefined;
  /** Takes a reply of the form `bytes`, whole. */
  readonly onBytes?: ((bytes: Buffer) => void) | undefined;
}

const DECODED: WantedReply = { form: 'decoded' };

/**
 * Stands before a decoder of replies, which spends more on a reply of many parts than all else costs that is done for it. Of
 * an array of integers that may be counted the decoder gets their number; a reply that is wanted as bytes it does not get. All
 * others, and every error, it gets as they come.
 *
 * The replies to several commands may be one for the decoder: the number of all their integers; where there is anything
 * else, an array of what it would get of each; or the first error among them.
 */
export class ReplyTap {
  readonly #decode: (bytes: Buffer) => void;
  readonly #next: () => WantedReply;
  readonly #scanner = new ReplyScanner();
  #wanted = DECODED;
  /** What has come of a reply that the decoder is not to get as it comes. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The first of replies that are one for the decoder. */
  #gathered: (number | Buffer)[] = [];
  #isOff = false;
  readonly #fail: (why: string) => void;

  /**
   * @param decode - takes replies
   * @param next - how the reply is wanted that the decoder would get next
   * @param fail - replies that are one for the decoder cannot be told apart: the connection is of no use any more
   */
  constructor(decode: (bytes: Buffer) => void, next: () => WantedReply, fail: (why: string) => void) {
    this.#decode = decode;
    this.#next = next;
    this.#fail = fail;
  }

  /** Whether replies are told apart. Once they are not they never are again. */
  get isOn(): boolean {
    return !this.#isOff;
  }

  /** Takes what came. */
  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#isOff;) {
      if (this.#scanner.isBetweenReplies) {
        this.#wanted = this.#wantedOf(chunk[at]);
        // The usual case, and much quicker than to look for the end of each integer.
        const integers = this.#wanted.form === 'counted' ? integerArrayAt(chunk, at) : undefined;
        if (integers !== undefined) {
          this.#handOn(integers.count);
          at = integers.end;
          continue;
        }
      }
      const end = this.#scanner.scan(chunk, at);
      if (end === NOT_RESP) {
        this.#isOff = true;
        if (this.#giveUpHeld()) this.#decode(chunk.subarray(at));
        return;
      }
      const part = end === INCOMPLETE ? chunk.subarray(at) : chunk.subarray(at, end);
      if (this.#wanted.form === 'decoded') this.#decode(part);
      else this.#hold(part, end !== INCOMPLETE);
      at += part.length;
    }
    // Only what comes after what is no reply: all before was handed on above.
    if (this.#isOff && chunk.length > 0) {
      if (commandsOf(this.#next()) > 1) this.#fail('the replies to several commands cannot be told apart');
      else this.#decode(chunk);
    }
  }

  /** An error is the decoder's in any case, and nothing but an array is counted. */
  #wantedOf(firstByte: number | undefined): WantedReply {
    const wanted = this.#next();
    if (commandsOf(wanted) > 1) return wanted;
    if (firstByte === MINUS) return DECODED;
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
    // A copy, as it may have to wait for others: the memory of a chunk is much larger.
    this.#handOn(integerArrayAt(bytes, 0)?.count ?? Buffer.from(bytes));
  }

  /** Takes a reply that may be counted: the number of its integers, or its bytes. */
  #handOn(reply: number | Buffer): void {
    this.#gathered.push(reply);
    if (this.#gathered.length < commandsOf(this.#wanted)) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#decode(oneReplyOf(gathered));
  }

  /** @returns whether the decoder may go on */
  #giveUpHeld(): boolean {
    if (commandsOf(this.#wanted) > 1) {
      this.#isOff = true;
      this.#fail('the replies to several commands cannot be told apart');
      return false;
    }
    for (const part of this.#held) this.#decode(part);
    this.#held = [];
    this.#heldBytes = 0;
    this.#wanted = DECODED;
    return true;
  }
}

function commandsOf({ commands }: WantedReply): number {
  return commands ?? 1;
}

/** What stands for replies, each counted or as it came. */
function oneReplyOf(replies: readonly (number | Buffer)[]): Buffer {
  let sum = 0;
  let areCounted = true;
  for (const reply of replies) {
    if (typeof reply === 'number') sum += reply;
    else if (replies.length === 1 || reply[0] === MINUS) return reply;
    else areCounted = false;
  }
  if (areCounted) return integerReply(sum);
  const parts = replies.map((reply) => (typeof reply === 'number' ? integerReply(reply) : reply));
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...parts]);
}

function integerReply(value: number): Buffer {
  return Buffer.from(`:${value}\r\n`);
}

const taps = new WeakMap<Redis, ReplyTap>();

/** Whether the replies to several commands may be one on the connection that a client has now. */
export function canGatherReplies(client: Redis): boolean {
  return taps.get(client)?.isOn === true;
}

/** Lets {@link PackedCommand}s have replies of the form that they want, on each new connection of a client. To be called before it connects. */
export function tapReplies(client: Redis): void {
  client.on('connect', () => {
    const { stream } = client;
    taps.delete(client);
    // Nothing has come yet. The one listener there is must be the decoder; where it is not, it stays as it is.
    const [decode, ...others] = stream.listeners('data') as ((chunk: Buffer) => void)[];
    if (decode === undefined || others.length > 0) return;
    const next = (): WantedReply => {
      // The decoder settles commands while it decodes: the reply that comes next is that of the first.
      const command = client.commandQueue.peekFront()?.command;
      return command instanceof PackedCommand ? command : DECODED;
    };
    const tap = new ReplyTap(decode, next, (why) => stream.destroy(new Error(why)));
    taps.set(client, tap);
    stream.prependListener('data', (chunk: Buffer) => tap.take(chunk));
    stream.removeListener('data', decode);
  });
}
