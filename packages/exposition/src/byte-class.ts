/** Byte may start a metric name: `[a-zA-Z_:]`. */
export const NAME_START = 1;
/** Byte may follow in a metric name: `[a-zA-Z0-9_:]`. */
export const NAME_PART = 2;
/** Byte may start a label name: `[a-zA-Z_]`. */
export const LABEL_START = 4;
/** Byte may follow in a label name: `[a-zA-Z0-9_]`. */
export const LABEL_PART = 8;
/** Byte is a decimal digit. */
export const DIGIT = 16;

/** What each byte may be part of. */
export const BYTE_CLASS: Uint8Array = buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const add = (characters: string, bits: number): void => {
    for (const character of characters) classes[character.charCodeAt(0)] = bits;
  };
  add('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', NAME_START | NAME_PART | LABEL_START | LABEL_PART);
  add(':', NAME_START | NAME_PART);
  add('0123456789', NAME_PART | LABEL_PART | DIGIT);
  return classes;
}

export const TAB = 9;
export const NEWLINE = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const COMMA = 44;
export const EQUALS = 61;
export const BACKSLASH = 92;
export const LOWER_N = 110;
export const BRACE_OPEN = 123;
export const BRACE_CLOSE = 125;
