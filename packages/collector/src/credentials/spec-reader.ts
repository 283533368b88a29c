import type { SecretSource } from './profile-spec.ts';

/** Something in a credentials file is wrong. The message names the place, never what stands there. */
export class SpecError extends Error {
  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
    this.name = 'SpecError';
  }
}

/** A name that there is none of is shown when it can be a typing error, and hardly a secret that lost its blank. */
const SHOWN_NAME = /^[A-Za-z]{1,32}$/;

/** The fields that there may be: their names, or, where any may be, which names may be shown. */
export type KnownFields = readonly string[] | ((name: string) => boolean);

/** Reads the fields of one object of a credentials file. Each method throws {@link SpecError} for what is wrong. */
export class SpecReader {
  readonly #path: string;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #isShown: (name: string) => boolean;

  constructor(path: string, value: unknown, known: KnownFields) {
    this.#path = path;
    const names = typeof known === 'function' ? undefined : known;
    this.#isShown = typeof known === 'function' ? known : () => true;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SpecError(
        path,
        names === undefined ? 'expected an object' : `expected an object with ${names.join(', ')}`,
      );
    }
    this.#fields = new Map(Object.entries(value));
    for (const name of this.#fields.keys()) {
      if (names?.includes(name) !== false) continue;
      const found = SHOWN_NAME.test(name) ? `there is no field ${JSON.stringify(name)}` : 'there is an unknown field';
      throw new SpecError(path, `${found}; there are ${names.join(', ')}`);
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

  child(name: string, known: KnownFields): SpecReader {
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
    const shown = this.#isShown(name) ? name : '(a name that is not shown)';
    return this.#path === '' ? shown : `${this.#path}.${shown}`;
  }
}
