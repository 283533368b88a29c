import { Command } from 'ioredis';

/**
 * How a command wants its reply: as ioredis decodes it; an array of nothing but integers as their number; or its bytes as they
 * came. The two latter are wishes: a reply may come decoded all the same.
 */
export type ReplyForm = 'decoded' | 'counted' | 'bytes';

/**
 * A command whose bytes are made by the caller. ioredis spends a few microseconds and some memory on each argument; an
 * append has hundreds. The first key is told beside the bytes, so that a cluster client finds the node.
 */
export class PackedCommand extends Command {
  readonly form: ReplyForm;
  /** How many commands the bytes hold; several have replies that are counted, and come as one. */
  readonly commands: number;
  /** The reply, once it has come as bytes. */
  replyBytes: Buffer | undefined;
  readonly #bytes: Buffer;

  /** @param bytes - the whole request as RESP; not to be written to until the reply */
  constructor(
    name: string,
    script: string,
    firstKey: string,
    bytes: Buffer,
    form: ReplyForm = 'decoded',
    commands = 1,
  ) {
    super(name, [script, '1', firstKey], { replyEncoding: null });
    this.form = form;
    this.commands = commands;
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }

  onBytes(bytes: Buffer): void {
    this.replyBytes = bytes;
  }
}
