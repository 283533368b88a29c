import { once } from 'node:events';
import type { Socket } from 'node:net';

/**
 * Sends bytes that are ready, and does no more with the answers than look for the last one: a client whose own work is as good
 * as none.
 */
export class MinimalClient {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
  }

  /** Resolves when the server has answered all. */
  async send(commands: readonly Buffer[]): Promise<void> {
    const marker = `done-${process.hrtime.bigint()}`;
    const answered = this.#until(marker);
    for (let at = 0; at < commands.length; at += 64) this.#socket.write(Buffer.concat(commands.slice(at, at + 64)));
    this.#socket.write(packed(['ECHO', marker]));
    await answered;
  }

  /** The answer as text. */
  async ask(args: readonly string[]): Promise<string> {
    const marker = `done-${process.hrtime.bigint()}`;
    const answered = this.#until(marker);
    this.#socket.write(Buffer.concat([packed(args), packed(['ECHO', marker])]));
    return answered;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(marker: string): Promise<string> {
    const chunks: Buffer[] = [];
    for (let tail = ''; !tail.includes(marker);) {
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer];
      chunks.push(chunk);
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 100))).slice(-200);
    }
    // Long answers are not wanted by anybody.
    return Buffer.concat(chunks.length > 64 ? [] : chunks).toString();
  }
}

/** A command as the protocol's bytes. */
export function packed(args: readonly string[]): Buffer {
  return Buffer.from(`*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`);
}
