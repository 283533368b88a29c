/** What a resolver configuration says about completing names. */
export interface SearchList {
  /** Domains to append, in order. */
  readonly domains: readonly string[];
  /** A name with at least so many dots is tried as it stands first. */
  readonly ndots: number;
}

/** Reads `search`, `domain` and `options ndots:n` of a resolv.conf; the last line of each kind counts. */
export function parseSearchList(resolvConf: string): SearchList {
  let domains: readonly string[] = [];
  let ndots = 1;
  for (const line of resolvConf.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'search') domains = values.filter((domain) => domain !== '.');
    else if (keyword === 'domain') domains = values.slice(0, 1);
    else if (keyword === 'options') {
      for (const option of values) {
        const match = /^ndots:(\d+)$/.exec(option);
        if (match !== null) ndots = Math.min(Number(match[1]), 15);
      }
    }
  }
  return { domains, ndots };
}

/** The absolute names to ask for, in order, when somebody names a host. */
export function candidateNames(host: string, list: SearchList): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const completed = list.domains.map((domain) => `${host}.${domain.replace(/\.$/, '')}`);
  const dots = host.split('.').length - 1;
  return dots >= list.ndots ? [host, ...completed] : [...completed, host];
}
