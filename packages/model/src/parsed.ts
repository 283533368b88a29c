/**
 * What came of reading something from outside: the value, or a reason for people.
 *
 * A reason says which field is wrong, with which value (cut, without credentials) and what is allowed. It is at most 300
 * characters, has no control characters, and is the same whenever the input is the same.
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Refused;

/** Why there is no value. */
export interface Refused {
  readonly ok: false;
  readonly reason: string;
  /** Of a target: the operator's `relabel_configs` leave it out. Nothing is wrong with it. */
  readonly isDropped?: true | undefined;
}
