import type { FailureReason } from '@pulsekeeper/model';

import { ScrapeError } from './scrape-error.ts';

/** Codes of Node and undici, and what they mean for a scrape. */
const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'header_too_large',
  HPE_HEADER_OVERFLOW: 'header_too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  HPE_INVALID_EOF_STATE: 'truncated',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'wire_too_large',
  EMFILE: 'too_many_open_files',
  ENFILE: 'too_many_open_files',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  ETIMEOUT: 'dns',
  EREFUSED: 'dns',
  EFORMERR: 'dns',
  EBADRESP: 'dns',
  EBADNAME: 'dns',
};

/** What undici says of a 100, or a switch of protocols, that it did not ask for. */
const UNEXPECTED_INTERIM: ReadonlySet<string> = new Set(['bad response', 'bad upgrade']);

/** How far an attempt had come when it failed. */
export interface AttemptProgress {
  /** The status line and headers had come. */
  readonly hasResponse: boolean;
}

/**
 * Turns whatever an attempt failed with into a {@link ScrapeError}. A connection that ends after the headers came has
 * cut the body short.
 */
export function classifyError(error: unknown, progress: AttemptProgress): ScrapeError {
  if (error instanceof ScrapeError) return error;
  const message = messageOf(error);
  const reason = reasonOf(error, message);
  if (progress.hasResponse && (reason === 'connection_reset' || reason === 'connection_error')) {
    return new ScrapeError('truncated', `the connection ended in the middle of the body: ${message}`, { cause: error });
  }
  return new ScrapeError(reason, message, { cause: error });
}

function reasonOf(error: unknown, message: string): FailureReason {
  if (isProtocolError(error)) return protocolReason(message);
  const code = codeOf(error);
  if (code === 'UND_ERR_SOCKET' && UNEXPECTED_INTERIM.has(message)) return 'http_protocol';
  return code === undefined ? 'internal' : reasonOfCode(code);
}

function reasonOfCode(code: string): FailureReason {
  const known = REASON_OF_CODE[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'http_protocol';
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code === 'EPROTO' || TLS_VERIFICATION.has(code)) {
    return 'tls';
  }
  if (code.startsWith('E') || code.startsWith('UND_ERR')) return 'connection_error';
  return 'internal';
}

/** Undici's parser names its errors, but in 7.x their code says nothing. */
function isProtocolError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function protocolReason(message: string): FailureReason {
  return message.includes('Invalid EOF state') ? 'truncated' : 'http_protocol';
}

/** OpenSSL's verification results that do not share a prefix. */
const TLS_VERIFICATION: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  // With several addresses to try, Node reports an AggregateError whose parts say what happened.
  if (error instanceof AggregateError && error.errors.length > 0) {
    const first = codeOf(error.errors[0]);
    if (first !== undefined) return first;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((part: unknown) => messageOf(part)).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
