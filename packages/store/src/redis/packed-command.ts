import { Command } from 'ioredis';

/**
 * A command whose bytes are made by the caller. ioredis spends a few microseconds and some memory on each argument; an
 * append has hundreds. The first key is told beside the bytes, so that a cluster client finds the node.
 */
export class PackedCommand extends Command {
  /** Whether a reply of integers alone may come as their number. */
  readonly isCounted: boolean;
  readonly #bytes: Buffer;

  /** @param bytes - the whole request as RESP; not to be written to until the reply */
  constructor(name: string, script: string, firstKey: string, bytes: Buffer, isCounted = false) {
    super(name, [script, '1', firstKey], { replyEncoding: null });
    this.isCounted = isCounted;
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}
