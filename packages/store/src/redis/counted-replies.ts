import type { Redis } from 'ioredis';
import { PackedCommand } from './packed-command.ts';
import { endOfReply, INCOMPLETE, integerArrayAt, NOT_RESP } from './reply-bytes.ts';

/** A reply that has not come to its end within this is left to the decoder, as all that follow on its connection. */
const MOST_HELD_BYTES = 1024 * 1024;

/**
 * Stands before a decoder of replies, which spends more on an array of hundreds of integers than all else costs that is done
 * for them. Where a reply may be counted and is an array of integers alone, the decoder gets their number; every other
 * reply it gets as it came, whole.
 */
export class ReplyCounter {
  readonly #decode: (bytes: Buffer) => void;
  readonly #mayCount: () => boolean;
  /** The beginning of a reply. */
  #held: Buffer | undefined;
  #isOff = false;

  /**
   * @param decode - takes replies
   * @param mayCount - whether the reply that the decoder is to get next may be counted
   */
  constructor(decode: (bytes: Buffer) => void, mayCount: () => boolean) {
    this.#decode = decode;
    this.#mayCount = mayCount;
  }

  /** Takes what came. */
  take(chunk: Buffer): void {
    if (this.#isOff) {
      this.#decode(chunk);
      return;
    }
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    for (let at = 0; at < bytes.length;) {
      const integers = this.#mayCount() ? integerArrayAt(bytes, at) : undefined;
      const end = integers?.end ?? endOfReply(bytes, at);
      if (end === NOT_RESP || end === INCOMPLETE) {
        this.#keep(bytes.subarray(at), end);
        return;
      }
      this.#decode(integers === undefined ? bytes.subarray(at, end) : Buffer.from(`:${integers.count}\r\n`));
      at = end;
    }
  }

  #keep(rest: Buffer, why: typeof NOT_RESP | typeof INCOMPLETE): void {
    if (why === INCOMPLETE && rest.length <= MOST_HELD_BYTES) {
      // A copy: the memory of a chunk is much larger.
      this.#held = Buffer.from(rest);
      return;
    }
    this.#isOff = true;
    this.#decode(rest);
  }
}

/**
 * Counts the replies to commands that allow it, from each new connection of a client on. To be called before it connects.
 */
export function countReplies(client: Redis): void {
  client.on('connect', () => {
    const { stream } = client;
    // Nothing has come yet. The one listener there is must be the decoder; where it is not, it stays as it is.
    const [decode, ...others] = stream.listeners('data') as ((chunk: Buffer) => void)[];
    if (decode === undefined || others.length > 0) return;
    const counter = new ReplyCounter(decode, () => {
      // The decoder settles commands while it decodes: the reply that comes next is that of the first.
      const command = client.commandQueue.peekFront()?.command;
      return command instanceof PackedCommand && command.isCounted;
    });
    stream.prependListener('data', (chunk: Buffer) => counter.take(chunk));
    stream.removeListener('data', decode);
  });
}
