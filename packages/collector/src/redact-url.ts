/** A connection URL as it may be shown: without user and password. Works on URLs that `URL` cannot read. */
export function redactUrl(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/]*)@(.*)$/is.exec(url);
  return match === null ? url : `${match[1] ?? ''}***@${match[3] ?? ''}`;
}
