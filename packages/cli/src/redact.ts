/** What stands in the place of a secret. */
const MASK = '***';

// Greedy up to the last '@' of the word: a password that was not percent-encoded may hold '@', ':' or '/'.
const URL_USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]*):(\S*)@/gi;
/** `user:password@host` without a scheme, as somebody may take a connect string for a URL. */
const BARE_USER_INFO = /(?<![^\s"'(=,])([^\s/@:"',]+):(?!\/\/)([^\s"']+)@/g;
const SECRET_PARAMETER = /([?&;][^=&;\s]*(?:pass|auth|token|secret|credential)[^=&;\s]*=)[^&;\s"']+/gi;

/**
 * Replaces the passwords of all URLs in a text, and whatever else looks like one.
 *
 * The user name stays: it helps to find a wrong ACL. Everything that the CLI prints about a server goes through here.
 */
export function redact(text: string): string {
  return text
    .replace(URL_USER_INFO, `$1$2:${MASK}@`)
    .replace(BARE_USER_INFO, `$1:${MASK}@`)
    .replace(SECRET_PARAMETER, `$1${MASK}`);
}

/** True when the text holds a URL with a password. */
export function hasPassword(text: string): boolean {
  return redact(text) !== text;
}
