const MASK = '***';
const SECRET_PARAMETER = /([?&][^=&\s]*(?:pass|auth|token|secret|credential)[^=&\s]*=)[^&\s#]+/gi;

/**
 * A URL as it may be shown or logged. The password is replaced, as is a user alone, who may be a token, and the value of a
 * parameter such as `password=`; the user of a password stays, it helps to find a wrong permission. Where an `@` comes
 * without a scheme, nothing before it is shown. Reads what no URL parser accepts: credentials reach to the last `@`, for a
 * password that was not percent-encoded may hold any character. O(length).
 */
export function redactUrl(url: string): string {
  const { start, at } = credentialsOf(url);
  if (at < 0) return redactParameters(url);
  const user = start < 0 ? undefined : /^[^:/@\s]+(?=:)/.exec(url.slice(start, at))?.[0];
  const shown = user === undefined ? MASK : `${user}:${MASK}`;
  return url.slice(0, Math.max(0, start)) + shown + redactParameters(url.slice(at));
}

/** {@link redactUrl} for each word of a message. */
export function redactUrls(text: string): string {
  return text.replace(/\S+/g, (word) => {
    const opening = /^["'`(]*/.exec(word)?.[0] ?? '';
    return opening + redactUrl(word.slice(opening.length));
  });
}

/** Whether a URL holds a password, or a parameter that is one. A user alone is none. */
export function holdsPassword(url: string): boolean {
  const { start, at } = credentialsOf(url);
  return url.slice(Math.max(0, start), Math.max(0, at)).includes(':') || redactParameters(url) !== url;
}

/** Where credentials may begin, −1 without a scheme before them, and the `@` that ends them, −1 for none. */
function credentialsOf(url: string): { start: number; at: number } {
  const at = url.lastIndexOf('@');
  const scheme = url.indexOf('://');
  return { start: scheme < 0 || scheme > at ? -1 : scheme + 3, at };
}

function redactParameters(text: string): string {
  return text.includes('=') ? text.replace(SECRET_PARAMETER, `$1${MASK}`) : text;
}
