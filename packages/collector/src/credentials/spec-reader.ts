import type { SecretSource } from './profile-spec.ts';

/** Something in a credentials file is wrong. The message names the place, never what stands there. */
export class SpecError extends Error {
  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
    this.name = 'SpecError';
  }
}

/** Reads the fields of one object of a credentials file. Each method throws {@link SpecError} for what is wrong. */
export class SpecReader {
  readonly #path: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  /** @param known - Names of the fields that there may be; undefined for any. */
  constructor(path: string, value: unknown, known: readonly string[] | undefined) {
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SpecError(
        path,
        known === undefined ? 'expected an object' : `expected an object with ${known.join(', ')}`,
      );
    }
    this.#fields = new Map(Object.entries(value));
    for (const name of this.#fields.keys()) {
      if (known?.includes(name) === false) {
        throw new SpecError(path, `there is no field ${JSON.stringify(name)}; there are ${known.join(', ')}`);
      }
    }
  }

  names(): string[] {
    return [...this.#fields.keys()];
  }

  has(name: string): boolean {
    return this.#fields.get(name) !== undefined && this.#fields.get(name) !== null;
  }

  fail(name: string, problem: string): never {
    throw new SpecError(this.#pathOf(name), problem);
  }

  child(name: string, known: readonly string[] | undefined): SpecReader {
    return new SpecReader(this.#pathOf(name), this.#fields.get(name), known);
  }

  text(name: string): string | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#fields.get(name);
    return typeof value === 'string' && value !== '' ? value : this.fail(name, 'expected a text');
  }

  flag(name: string): boolean | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#fields.get(name);
    return typeof value === 'boolean' ? value : this.fail(name, 'expected true or false');
  }

  texts(name: string): readonly string[] | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#fields.get(name);
    const isList = Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '');
    return isList ? (value as string[]) : this.fail(name, 'expected a list of texts');
  }

  /** `name` with the secret itself, or `nameFile` with the file that holds it. */
  secret(name: string): SecretSource | undefined {
    const [text, path] = [this.text(name), this.text(`${name}File`)];
    if (text !== undefined && path !== undefined) this.fail(name, `either ${name} or ${name}File`);
    if (path !== undefined) return { kind: 'file', path };
    return text === undefined ? undefined : { kind: 'inline', text };
  }

  /** A text, or `{ file: path }`. */
  textOrFile(name: string): SecretSource {
    const value = this.#fields.get(name);
    if (typeof value === 'object' && value !== null) {
      const path =
        this.child(name, ['file']).text('file') ?? this.fail(name, 'expected a text, or an object with file');
      return { kind: 'file', path };
    }
    return { kind: 'inline', text: this.text(name) ?? this.fail(name, 'expected a text, or an object with file') };
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}
