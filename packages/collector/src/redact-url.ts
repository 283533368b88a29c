const URL_USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)(.*)@/is;
/** `user:password@host`, as somebody may take a connect string for a URL. */
const BARE_USER_INFO = /^[^\s/]*:(?!\/\/)\S*@/;
const SECRET_PARAMETER = /([?&][^=&]*(?:pass|auth|token|secret|credential)[^=&]*=)[^&]+/gi;

/**
 * A connection URL as it may be shown: without user and password, and without what its parameters keep secret. Works on
 * URLs that `URL` cannot read.
 */
export function redactUrl(url: string): string {
  return url.replace(URL_USER_INFO, '$1***@').replace(BARE_USER_INFO, '***@').replace(SECRET_PARAMETER, '$1***');
}

/** Whether a URL holds a password, or a parameter that is one. */
export function holdsPassword(url: string): boolean {
  const userInfo = URL_USER_INFO.exec(url)?.[2] ?? '';
  return userInfo.includes(':') || BARE_USER_INFO.test(url) || url.search(SECRET_PARAMETER) !== -1;
}
