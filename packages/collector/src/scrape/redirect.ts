import { redactUrl } from '@pulsekeeper/model';
import { ScrapeError } from './scrape-error.ts';

/** Statuses that say where else to ask with the same GET. */
const FOLLOWABLE: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The target points somewhere else. */
export class RedirectError extends ScrapeError {
  readonly status: number;
  /** As the target sent it. */
  readonly location: string | undefined;

  constructor(status: number, location: string | undefined) {
    super('redirect', `${describe(status, location)}; redirects are not followed`);
    this.status = status;
    this.location = location;
  }
}

/**
 * Where to ask next, or why not: only the same scheme, host and port, so that no target can make the collector fetch, or
 * send credentials to, anything else. Pure.
 */
export function followRedirect({ status, location }: RedirectError, from: URL): URL | ScrapeError {
  if (!FOLLOWABLE.has(status) || location === undefined || !URL.canParse(location, from.href)) {
    return new ScrapeError('redirect', `${describe(status, location)}, which cannot be followed`);
  }
  const to = new URL(location, from);
  if (to.origin !== from.origin || to.username !== '' || to.password !== '') {
    return new ScrapeError('redirect', `${describe(status, location)}; redirects are followed to the same origin only`);
  }
  return to;
}

function describe(status: number, location: string | undefined): string {
  return `status ${status} points to ${location === undefined ? 'nowhere' : redactUrl(location.slice(0, 100))}`;
}
