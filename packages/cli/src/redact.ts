/** What stands in the place of a secret. */
const MASK = '***';

// Greedy up to the last '@' of the word: a password that was not percent-encoded may hold '@', ':' or '/'.
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]*):(\S*)@/gi;
const SECRET_PARAMETER = /([?&](?:password|pass|auth|token|secret)=)[^&\s]+/gi;

/**
 * Replaces the passwords of all URLs in a text.
 *
 * The user name stays: it helps to find a wrong ACL. Everything that the CLI prints about a server goes through here.
 */
export function redact(text: string): string {
  return text.replace(USER_INFO, `$1$2:${MASK}@`).replace(SECRET_PARAMETER, `$1${MASK}`);
}

/** True when the text holds a URL with a password. */
export function hasPassword(text: string): boolean {
  return redact(text) !== text;
}
