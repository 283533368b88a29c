import type { Parsed } from './parsed.ts';
import { cutText, escapeUnsafe } from './show-value.ts';

/** Longest reason of a {@link Parsed}, in UTF-16 code units. */
export const MAX_REASON_LENGTH = 300;

/** Why a value was refused, in its parts. Internal; at the package's edge it becomes a reason or an error. */
export interface Refusal {
  /** What is wrong: a field's dotted path, or words such as `name of a label`. */
  readonly field: string;
  /** The value as it may be shown. */
  readonly shownValue: string;
  /** What is allowed, in words. */
  readonly allowed: string;
}

/** The refusal as one line. */
export function reasonOf({ field, shownValue, allowed }: Refusal): string {
  return cutText(escapeUnsafe(`${field} is ${shownValue}; allowed: ${allowed}`), MAX_REASON_LENGTH);
}

/** A refused {@link Parsed}. */
export function refused(refusal: Refusal): Parsed<never> {
  return { ok: false, reason: reasonOf(refusal) };
}
