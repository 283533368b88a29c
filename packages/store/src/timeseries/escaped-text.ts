/** What the module's parsers of labels and filters would not take as text, and what a shell or a hash tag would. */
const UNSAFE = /[%=(),!'"\\{}\u007f]|[^!-\u{10ffff}]/gu;

/**
 * A text in which the module cannot misread anything: `%`, `=`, `(`, `)`, `,`, `!`, quotes, backslash, braces, spaces and
 * control characters become `%` and two hexadecimal digits, as in URLs. Everything else stays, also beyond ASCII.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The inverse of {@link escapeText}. */
export function unescapeText(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
