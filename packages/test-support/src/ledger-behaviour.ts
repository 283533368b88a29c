/** What a ledger target does with the requests to come. */
export type LedgerBehaviour =
  | { kind: 'serve' }
  /** Answers with a status other than 200, and `Retry-After` where seconds are given. */
  | { kind: 'status'; status: number; retryAfterSeconds?: number | undefined; times?: number | undefined }
  /** Takes the request and never answers. */
  | { kind: 'hang'; times?: number | undefined }
  /** Resets the connection instead of an answer. */
  | { kind: 'reset'; times?: number | undefined }
  /** Serves, but only after `delayMs`. */
  | { kind: 'slow'; delayMs: number; times?: number | undefined }
  /** Serves this body, with this content type, instead of its own. */
  | { kind: 'body'; body: string; contentType?: string | undefined; times?: number | undefined };

/** One request that a ledger target saw. */
export interface LedgerEntry {
  /** Unix milliseconds of its arrival. */
  ms: number;
  /** `served` counts as a scrape: a whole answer of status 200 was sent. */
  outcome: 'served' | 'status' | 'hang' | 'reset';
  /** The number of the scrape, from 1, that the body names; 0 where nothing was served. */
  number: number;
}

/** One target's page of the ledger. */
export interface LedgerPage {
  /** Scrapes served. */
  served: number;
  /** All requests, in order of arrival. */
  entries: LedgerEntry[];
}
