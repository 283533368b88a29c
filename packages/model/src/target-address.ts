import type { ScrapeParams, Scheme } from './scrape-rule.ts';

/** Where an instance listens. */
export interface TargetAddress {
  /** Lower-case DNS name, IPv4 address, or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What {@link readAddress} takes, in words. */
export const ALLOWED_ADDRESS =
  '"host:port" with a DNS name, an IPv4 address or an [IPv6 address], and a port from 1 to 65535';

const ADDRESS = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?):([1-9][0-9]{0,4})$/;

/**
 * Reads `host:port`; `undefined` for anything else.
 *
 * Refused are also names that a URL parser would turn into something else, such as IPv4 addresses in decimal, octal or
 * hexadecimal: whoever reads a registration must see which address is meant.
 */
export function readAddress(text: string): TargetAddress | undefined {
  const match = ADDRESS.exec(text);
  const host = match?.[1]?.toLowerCase();
  const port = Number(match?.[2]);
  if (host === undefined || port > 65_535 || host.includes('..')) {
    return undefined;
  }
  const url = `http://${host}/`;
  const parsed = URL.canParse(url) ? new URL(url).hostname : undefined;
  if (host.startsWith('[')) {
    return parsed === undefined ? undefined : { host: parsed.slice(1, -1), port };
  }
  return parsed === host ? { host, port } : undefined;
}

/** `host:port` again, IPv6 in brackets. The inverse of reading one. */
export function formatAddress({ host, port }: TargetAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The URL to scrape. Parameters are sorted by name, so that the same rule always gives the same URL. */
export function scrapeUrl(scheme: Scheme, address: TargetAddress, path: string, params: ScrapeParams): string {
  let query = '';
  for (const name of Object.keys(params).sort()) {
    for (const value of params[name] ?? []) {
      query += `${query === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    }
  }
  return `${scheme}://${formatAddress(address)}${path}${query}`;
}
