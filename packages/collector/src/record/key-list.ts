/** Keys are encoded so many characters at a time. */
const PART_LENGTH = 64 * 1024;

/** Writes a list of series keys, each followed by a line feed, as they come: all at once would hold everything else up. */
export class KeyList {
  readonly #parts: Buffer[] = [];
  #text = '';

  add(key: string): void {
    this.#text += `${key}\n`;
    if (this.#text.length > PART_LENGTH) this.#encode();
  }

  /** The whole list, UTF-8. */
  bytes(): Buffer {
    this.#encode();
    return Buffer.concat(this.#parts);
  }

  #encode(): void {
    this.#parts.push(Buffer.from(this.#text, 'utf8'));
    this.#text = '';
  }
}
