/**
 * Keeps the end of a server's output: at most `maxBytes` characters, whole chunks dropped from the front.
 * A server that logs in a loop cannot fill the memory of the test process.
 */
export class CappedLog {
  readonly #maxBytes: number;
  #chunks: string[] = [];
  #bytes = 0;

  constructor(maxBytes = 65_536) {
    this.#maxBytes = maxBytes;
  }

  /** Adds output; a chunk that alone is too long is cut to its end. */
  append(text: string): void {
    const kept = text.slice(-this.#maxBytes);
    this.#chunks.push(kept);
    this.#bytes += kept.length;
    while (this.#bytes > this.#maxBytes) this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }

  /** All that is kept. */
  text(): string {
    return this.#chunks.join('');
  }

  /** The last `lines` lines, without a trailing newline. */
  tail(lines = 40): string {
    return this.text().trimEnd().split('\n').slice(-lines).join('\n');
  }
}
