import {
  ExpositionParser,
  formatOfContentType,
  type Exposition,
  type ExpositionFormat,
  type SeriesPool,
} from '@pulsekeeper/exposition';
import { deferred, fullJitterBackoff, type Clock, type Target } from '@pulsekeeper/model';

import type { CredentialStore } from '../credentials/credential-store.ts';
import { runInSlices, UNBOUNDED } from '../record/run-in-slices.ts';
import { AttemptDeadline } from './attempt-deadline.ts';
import { MOST_RECYCLED_BYTES } from './body-buffers.ts';
import { decodeBody, type DecodingAside } from './decode-body.ts';
import { parseFailure } from './parse-failure.ts';
import { parseLimitsOf } from './parse-limits.ts';
import { requestHeaders } from './request-headers.ts';
import { nextAttemptDelayMs, MIN_ATTEMPT_MS } from './retry-policy.ts';
import { ScrapeError } from './scrape-error.ts';
import {
  givenUpError,
  hostOf,
  StaleConnectionError,
  TargetConnection,
  type ConnectionFactory,
  type FetchLimits,
} from './target-connection.ts';

/** What the scrapers of all targets share. */
export interface ScraperSurroundings {
  readonly connections: ConnectionFactory;
  readonly clock: Clock;
  readonly random: () => number;
  /** Format of a body without, or with an unknown, content type; undefined refuses it. */
  readonly fallbackFormat: ExpositionFormat | undefined;
  /** Where parsers share the lists of series of like targets. */
  readonly pool: SeriesPool;
  /** Profiles of credentials that rules may name. */
  readonly credentials: Pick<CredentialStore, 'accessTo'>;
  /** Whether connections are kept between scrapes. */
  readonly keepsAlive: () => boolean;
}

/** One attempt for a slot. */
export interface ScrapeTry {
  /** From the begin of the first attempt to the begin of this one. */
  readonly startedAfterMs: number;
  readonly durationMs: number;
  readonly error: ScrapeError | undefined;
}

/** How the attempts for one slot ended. */
export interface ScrapeOutcome {
  /** What was read; undefined when every attempt failed. */
  readonly exposition: Exposition | undefined;
  /** Why the last attempt failed. */
  readonly error: ScrapeError | undefined;
  readonly attempts: number;
  /** Why attempts before the last one failed. */
  readonly retried: readonly ScrapeError[];
  /** Every attempt, in order. */
  readonly tries?: readonly ScrapeTry[] | undefined;
  /** From the begin of the first attempt to the end of the last. */
  readonly durationMs: number;
  /** From the begin of the first attempt to the begin of the last. */
  readonly lastAttemptAfterMs: number;
  readonly bodyBytes: number;
  readonly wireBytes: number;
}

/** Scrapes one target slot by slot. */
export interface SlotScraper {
  /**
   * Makes the attempts for one slot. Never rejects.
   *
   * @param timeLeftMs - What is left of the slot.
   */
  scrape(timeLeftMs: number): Promise<ScrapeOutcome>;
  /** Ends the connection for good; a scrape on its way fails at once, with the reason `internal`. */
  close(): void;
}

/** First backoff between attempts at most. */
const BACKOFF_BASE_MS = 100;

/** Part of an interval that the first attempt for a slot has at least, unless the rule's timeout is shorter. */
const FAIR_SHARE = 0.25;

/** A compressed body may be at most this part of the largest body. */
const WIRE_SHARE = 4;

/**
 * Scrapes one target: attempts, retries, unpacking, parsing. One slot at a time; the connection and the parser's memory
 * of the last body last from slot to slot.
 */
export class TargetScraper implements SlotScraper {
  readonly #target: Target;
  readonly #surroundings: ScraperSurroundings;
  readonly #connection: TargetConnection;
  readonly #limits: FetchLimits;
  readonly #backoff: (attempt: number) => number;
  #parser: ExpositionParser | undefined;
  /** The content type that the target sent last, and what it means. */
  #contentType: string | undefined;
  #format: ExpositionFormat | undefined;
  #isClosed = false;
  #endPause: (() => void) | undefined;
  #unpacking: AbortController | undefined;

  constructor(target: Target, surroundings: ScraperSurroundings) {
    const { rule } = target;
    this.#target = target;
    this.#surroundings = surroundings;
    const url = new URL(target.url);
    const { credentials: profile } = rule;
    const { service } = target;
    this.#connection = new TargetConnection({
      factory: surroundings.connections,
      url,
      headers: requestHeaders(rule.timeoutMs),
      intervalMs: rule.intervalMs,
      followsRedirects: rule.followRedirects,
      access:
        profile === undefined
          ? undefined
          : () => surroundings.credentials.accessTo({ profile, service, host: hostOf(url) }),
      keepsAlive: surroundings.keepsAlive,
    });
    this.#limits = {
      maxBodyBytes: rule.maxBodyBytes,
      maxWireBytes: Math.max(Math.ceil(rule.maxBodyBytes / WIRE_SHARE), 1024),
      refuseContentType: (contentType) =>
        this.#formatOf(contentType) === undefined ? contentTypeError(contentType) : undefined,
    };
    const capMs = Math.max(rule.intervalMs / 4, 1);
    this.#backoff = fullJitterBackoff({
      baseMs: Math.min(BACKOFF_BASE_MS, capMs),
      capMs,
      random: surroundings.random,
    });
  }

  /** Makes up to `retries + 1` attempts, the last of which begins before the slot is over. */
  async scrape(timeLeftMs: number): Promise<ScrapeOutcome> {
    const { clock } = this.#surroundings;
    const { intervalMs, timeoutMs, retries } = this.#target.rule;
    const startedMs = clock.monotonic();
    const retried: ScrapeError[] = [];
    const tries: ScrapeTry[] = [];
    let hasReconnected = false;
    for (let attempts = 1; ; attempts += 1) {
      const attemptMs = clock.monotonic();
      // The first attempt of a slot that is begun late gets a fair chance, be it that it ends after the slot.
      const leastMs = attempts === 1 ? intervalMs * FAIR_SHARE : MIN_ATTEMPT_MS;
      const leftMs = Math.max(timeLeftMs - (attemptMs - startedMs), leastMs);
      const result = await this.#attempt(Math.min(timeoutMs, leftMs));
      const endedMs = clock.monotonic();
      const error = result instanceof ScrapeError ? result : undefined;
      tries.push({ startedAfterMs: attemptMs - startedMs, durationMs: endedMs - attemptMs, error });
      const durationMs = endedMs - startedMs;
      const lastAttemptAfterMs = attemptMs - startedMs;
      if (!(result instanceof ScrapeError)) {
        const { exposition, bodyBytes, wireBytes } = result;
        // Spelt out: V8 gives what is spread into an object a shape of its own each time, and all who read it pay.
        return {
          exposition,
          error: undefined,
          attempts,
          retried,
          tries,
          durationMs,
          lastAttemptAfterMs,
          bodyBytes,
          wireBytes,
        };
      }
      const reconnects: boolean = result instanceof StaleConnectionError && !hasReconnected;
      const delayMs = reconnects
        ? 0
        : nextAttemptDelayMs({
            error: result,
            // An idle connection that had been closed costs no attempt of the rule: the target saw nothing.
            attempts: hasReconnected ? attempts - 1 : attempts,
            retries,
            timeLeftMs: timeLeftMs - durationMs,
            backoffMs: this.#backoff(attempts - 1),
          });
      hasReconnected ||= reconnects;
      if (delayMs !== undefined && delayMs > 0 && !this.#isClosed) await this.#pause(delayMs);
      // The timer may have been late: an attempt after the slot would carry a later time than the next slot's samples.
      const isOver = !reconnects && clock.monotonic() - startedMs >= timeLeftMs;
      if (delayMs === undefined || isOver || this.#isClosed) {
        return {
          exposition: undefined,
          error: result,
          attempts,
          retried,
          tries,
          durationMs,
          lastAttemptAfterMs,
          bodyBytes: 0,
          wireBytes: 0,
        };
      }
      retried.push(result);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
    this.#unpacking?.abort(givenUpError());
    this.#endPause?.();
  }

  /** Waits between two attempts; `close` ends it. */
  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = deferred<undefined>();
    const timer = setTimeout(() => resolve(undefined), delayMs);
    this.#endPause = () => resolve(undefined);
    await promise;
    clearTimeout(timer);
    this.#endPause = undefined;
  }

  async #attempt(
    timeoutMs: number,
  ): Promise<{ exposition: Exposition; bodyBytes: number; wireBytes: number } | ScrapeError> {
    const { maxBodyBytes } = this.#limits;
    const untilMs = performance.now() + timeoutMs;
    const response = await this.#connection.fetch(this.#limits, timeoutMs);
    if (response instanceof ScrapeError) return response;
    try {
      // As Prometheus does, an empty body is taken as no samples, whatever it says to be.
      const format = response.wireBytes === 0 ? 'prometheus-text' : this.#formatOf(response.contentType);
      if (format === undefined) return contentTypeError(response.contentType);
      const decoded = decodeBody(response, maxBodyBytes);
      const body = Buffer.isBuffer(decoded) ? decoded : await this.#decodeAside(decoded, timeoutMs, untilMs);
      const parsed = this.#parse(body, format);
      const exposition = parsed instanceof Promise ? await parsed : parsed;
      return { exposition, bodyBytes: body.length, wireBytes: response.wireBytes };
    } catch (error) {
      return error instanceof ScrapeError ? error : parseFailure(error);
    } finally {
      response.body.release();
    }
  }

  /** Unpacks within what is left of the attempt's time. */
  async #decodeAside(decode: DecodingAside, timeoutMs: number, untilMs: number): Promise<Buffer> {
    const controller = new AbortController();
    const onExpired = (): void =>
      controller.abort(
        new ScrapeError('timeout', `not done within ${Math.round(timeoutMs)} ms: still unpacking the body`),
      );
    const deadline = new AttemptDeadline(Math.max(untilMs - performance.now(), 1), onExpired);
    this.#unpacking = controller;
    try {
      return await decode(controller.signal);
    } finally {
      this.#unpacking = undefined;
      deadline.clear();
    }
  }

  #parse(body: Buffer, format: ExpositionFormat): Exposition | Promise<Exposition> {
    const { pool } = this.#surroundings;
    this.#parser ??= new ExpositionParser({ pool, limits: parseLimitsOf(this.#target.rule) });
    // Nobody else has the memory of a large body, so the parser may keep it; its size is bounded already. That of a small one
    // is recycled once it is read.
    const keepsBody = body.length > MOST_RECYCLED_BYTES;
    return runInSlices(this.#parser.parseInSteps(body as Buffer<ArrayBuffer>, format, { keepsBody }), UNBOUNDED);
  }

  #formatOf(contentType: string | undefined): ExpositionFormat | undefined {
    if (contentType === undefined) return this.#surroundings.fallbackFormat;
    if (contentType !== this.#contentType) {
      this.#format = formatOfContentType(contentType, { fallback: this.#surroundings.fallbackFormat });
      this.#contentType = contentType;
    }
    return this.#format;
  }
}

function contentTypeError(contentType: string | undefined): ScrapeError {
  const shown = contentType === undefined ? 'no content type' : `content type ${contentType}`;
  return new ScrapeError('content_type', `the target answered with ${shown}, which is no exposition format`);
}
