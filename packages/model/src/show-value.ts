const MAX_SHOWN_LENGTH = 60;

/**
 * C0 and C1 controls, DEL, line and paragraph separators, zero-width and bidirectional controls, lone surrogates.
 * Fixed ranges rather than Unicode categories: what is refused must not depend on the Unicode version of a Node release.
 */
const UNSAFE_CHARACTER =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\p{Surrogate}/u;
const UNSAFE_CHARACTERS = new RegExp(UNSAFE_CHARACTER, 'gu');

/** Whether the text has a character that must not reach a log, a terminal or a URL: controls, bidirectional marks, lone surrogates. */
export function hasUnsafeCharacter(text: string): boolean {
  return UNSAFE_CHARACTER.test(text);
}

/** The text with every unsafe character written as `\uXXXX`. For foreign text on its way to a log or a terminal. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE_CHARACTERS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Cuts a text to a length in UTF-16 code units, without splitting a pair; the cut is marked by `…`, which counts. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text;
  }
  const last = text.charCodeAt(maxLength - 2);
  const end = last >= 0xd800 && last <= 0xdbff ? maxLength - 2 : maxLength - 1;
  return `${text.slice(0, end)}…`;
}

/**
 * A foreign value as it may be shown in a reason: JSON, cut to 60 characters, unsafe characters escaped, and user info
 * before an `@` masked, since people put passwords there.
 */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    const masked = value.includes('@') ? `***${value.slice(value.lastIndexOf('@'))}` : value;
    return escapeUnsafe(cutText(JSON.stringify(cutText(masked, MAX_SHOWN_LENGTH * 2)), MAX_SHOWN_LENGTH));
  }
  if (typeof value === 'number') {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  if (typeof value === 'object' && value !== null) {
    return `an object of ${Object.keys(value).length} fields`;
  }
  return value === undefined ? 'missing' : cutText(JSON.stringify(value), MAX_SHOWN_LENGTH);
}
