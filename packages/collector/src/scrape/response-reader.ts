import type { Dispatcher } from 'undici';

import { classifyError } from './classify-error.ts';
import { IncomingBody } from './incoming-body.ts';
import { RedirectError } from './redirect.ts';
import { parseRetryAfter } from './retry-after.ts';
import { ScrapeError } from './scrape-error.ts';

/** A response as it came over the wire, complete. */
export interface WireResponse {
  readonly contentType: string | undefined;
  /** Value of `Content-Encoding`, lower case; undefined when there is none. */
  readonly contentEncoding: string | undefined;
  /** The body as sent; to be released by who has read it. */
  readonly body: IncomingBody;
  readonly wireBytes: number;
  /** Nothing but the end of the connection says where the body ends. */
  readonly isCloseDelimited: boolean;
}

/** Where an attempt stands, for the message of a timeout. */
export type AttemptPhase = 'connecting' | 'waiting for the response' | 'reading the body';

/** Settings of {@link ResponseReader}. */
export interface ResponseReaderOptions {
  /** Most bytes of a body that is sent as it is. */
  readonly maxBodyBytes: number;
  /** Most bytes of a body that is sent compressed. */
  readonly maxWireBytes: number;
  /** Refuses a response by its content type before its body is read: returns the error, or undefined to go on. */
  readonly refuseContentType: (contentType: string | undefined) => ScrapeError | undefined;
  /** Called exactly once. */
  readonly onDone: (result: WireResponse | ScrapeError) => void;
}

/** Bytes of the body of an error page that are read so that the connection can be used again. */
const MAX_DISCARDED_BYTES = 64 * 1024;

/** Statuses other than 5xx that a later attempt may not meet again: timeout, too early, too many requests. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Reads one response, handler of one undici dispatch. Limits are enforced while bytes arrive: what is beyond them is
 * never held.
 */
export class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #options: ResponseReaderOptions;
  #body = new IncomingBody(0);
  #controller: Dispatcher.DispatchController | undefined;
  #phase: AttemptPhase = 'connecting';
  #wireBytes = 0;
  #limitBytes = 0;
  #contentType: string | undefined;
  #contentEncoding: string | undefined;
  #isCloseDelimited = false;
  #refusal: ScrapeError | undefined;
  #isDone = false;

  constructor(options: ResponseReaderOptions) {
    this.#options = options;
  }

  get phase(): AttemptPhase {
    return this.#phase;
  }

  get wireBytes(): number {
    return this.#wireBytes;
  }

  /** Ends the attempt with the error. */
  abort(error: ScrapeError): void {
    this.#finish(this.#refusal ?? error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = 'waiting for the response';
    if (this.#isDone) controller.abort(new ScrapeError('timeout', 'the attempt is over'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#phase = 'reading the body';
    this.#contentType = firstValue(headers['content-type']);
    this.#contentEncoding = normalEncoding(firstValue(headers['content-encoding']));
    this.#isCloseDelimited = isCloseDelimited(headers);
    this.#refusal = statusRefusal(statusCode, headers) ?? this.#options.refuseContentType(this.#contentType);
    const { maxBodyBytes, maxWireBytes } = this.#options;
    this.#limitBytes = this.#contentEncoding === undefined ? maxBodyBytes : maxWireBytes;
    if (this.#refusal !== undefined) {
      this.#limitBytes = MAX_DISCARDED_BYTES;
    }
    const announced = Number(firstValue(headers['content-length']) ?? 0);
    if (announced > this.#limitBytes) this.#refuseSize(controller, `announced ${announced} bytes`);
    else if (this.#refusal === undefined) this.#body = new IncomingBody(announced);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isDone) return;
    this.#wireBytes += chunk.length;
    if (this.#wireBytes > this.#limitBytes) {
      this.#refuseSize(controller, 'sent more');
    } else if (this.#refusal === undefined) {
      this.#body.append(chunk);
    }
  }

  onResponseEnd(): void {
    // Of an empty body it does not matter what it is.
    if (this.#refusal?.reason === 'content_type' && this.#wireBytes === 0) this.#refusal = undefined;
    this.#finish(
      this.#refusal ?? {
        contentType: this.#contentType,
        contentEncoding: this.#contentEncoding,
        body: this.#body,
        wireBytes: this.#wireBytes,
        isCloseDelimited: this.#isCloseDelimited,
      },
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#finish(this.#refusal ?? classifyError(error, { hasResponse: this.#phase === 'reading the body' }));
  }

  #refuseSize(controller: Dispatcher.DispatchController, what: string): void {
    const isCompressed = this.#contentEncoding !== undefined;
    const error =
      this.#refusal ??
      new ScrapeError(
        isCompressed ? 'wire_too_large' : 'body_too_large',
        `the target ${what}, allowed are ${this.#limitBytes} bytes${isCompressed ? ' compressed' : ''}`,
      );
    this.#finish(error);
    controller.abort(error);
  }

  #finish(result: WireResponse | ScrapeError): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (result instanceof ScrapeError) this.#body.release();
    this.#options.onDone(result);
  }
}

/** Whether the end of the connection ends the body: no length, and no coding whose last part says that it is the last. */
function isCloseDelimited(headers: Record<string, string | string[] | undefined>): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return length === undefined && !/(?:^|,)\s*chunked\s*$/i.test(String(coding ?? ''));
}

function statusRefusal(
  statusCode: number,
  headers: Record<string, string | string[] | undefined>,
): ScrapeError | undefined {
  if (statusCode === 200) return undefined;
  // 304 answers a question that was not asked, and points nowhere.
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
    return new RedirectError(statusCode, firstValue(headers['location']));
  }
  return new ScrapeError('http_status', `status ${statusCode}`, {
    retryable: statusCode >= 500 || RETRYABLE_STATUSES.has(statusCode),
    retryAfterMs:
      statusCode === 429 || statusCode === 503
        ? parseRetryAfter(firstValue(headers['retry-after']), Date.now())
        : undefined,
  });
}

function normalEncoding(value: string | undefined): string | undefined {
  const encoding = value?.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

function firstValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
