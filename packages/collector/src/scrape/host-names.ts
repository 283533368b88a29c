import { isIP } from 'node:net';

const HOST_NAME = /^(?:\*\.|\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** No name ends so in a URL: it would be an address. So this is a network that was mistyped. */
const NUMERIC_END = /(?:^|\.)\d+$/;

/** Whether a text that names hosts is an address or a network rather than a name. */
export function isNetworkText(text: string): boolean {
  return (isIP(text) !== 0 || text.includes('/')) && !text.includes('%');
}

/** A set of hosts by name: names, and `.example.com` or `*.example.com` for all names below. */
export class HostNames {
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];

  /** @throws RangeError for what is no name. */
  add(host: string): void {
    const text = host.toLowerCase();
    if (!HOST_NAME.test(text) || NUMERIC_END.test(text)) {
      throw new RangeError(
        `${JSON.stringify(host)} is no host; expected a name, .example.com for all names below, or a network such as 10.0.0.0/8`,
      );
    }
    if (text.startsWith('.') || text.startsWith('*')) this.#suffixes.push(text.replace(/^\*/, ''));
    else this.#names.add(text);
  }

  /** @param host - Of a URL: lower case. A final dot does not count. */
  has(host: string): boolean {
    const name = host.replace(/\.$/, '');
    return this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix));
  }
}
