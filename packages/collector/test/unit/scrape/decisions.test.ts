import { FAILURE_REASONS } from '@pulsekeeper/model';
import { expect } from 'chai';

import { classifyError } from '../../../src/scrape/classify-error.ts';
import { parseRetryAfter } from '../../../src/scrape/retry-after.ts';
import { nextAttemptDelayMs, type RetryQuestion } from '../../../src/scrape/retry-policy.ts';
import { isTransient, printable, ScrapeError } from '../../../src/scrape/scrape-error.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('parseRetryAfter', () => {
  const table: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['0', 0],
    [' 7 ', 7_000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['999999999999', 86_400_000],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 86_400_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Thu, nonsense', undefined],
    ['2026-01-01', undefined],
  ];
  for (const [header, expected] of table) {
    it(`reads ${JSON.stringify(header)} as ${expected}`, () => {
      expect(parseRetryAfter(header, NOW)).to.equal(expected);
    });
  }
});

describe('nextAttemptDelayMs', () => {
  const question: RetryQuestion = {
    error: { retryable: true, retryAfterMs: undefined },
    attempts: 1,
    retries: 2,
    timeLeftMs: 1_000,
    backoffMs: 50,
  };

  it('waits the backoff', () => {
    expect(nextAttemptDelayMs(question)).to.equal(50);
  });

  it('waits as long as the target wants', () => {
    expect(nextAttemptDelayMs({ ...question, error: { retryable: true, retryAfterMs: 400 } })).to.equal(400);
  });

  it('ends with the last retry', () => {
    expect(nextAttemptDelayMs({ ...question, attempts: 2 })).to.equal(50);
    expect(nextAttemptDelayMs({ ...question, attempts: 3 })).to.equal(undefined);
    expect(nextAttemptDelayMs({ ...question, retries: 0 })).to.equal(undefined);
  });

  it('ends when too little of the slot is left for an attempt', () => {
    expect(nextAttemptDelayMs({ ...question, timeLeftMs: 69 })).to.equal(undefined);
    expect(nextAttemptDelayMs({ ...question, timeLeftMs: 70 })).to.equal(50);
  });

  it('ends with what would come out the same', () => {
    expect(nextAttemptDelayMs({ ...question, error: { retryable: false, retryAfterMs: undefined } })).to.equal(
      undefined,
    );
  });
});

describe('classifyError', () => {
  const withCode = (code: string, message = 'it broke'): Error => Object.assign(new Error(message), { code });
  const table: [string, string][] = [
    ['ECONNREFUSED', 'connection_refused'],
    ['ECONNRESET', 'connection_reset'],
    ['EHOSTUNREACH', 'connection_error'],
    ['ENETUNREACH', 'connection_error'],
    ['ETIMEDOUT', 'timeout'],
    ['EMFILE', 'too_many_open_files'],
    ['ENFILE', 'too_many_open_files'],
    ['ENOTFOUND', 'dns'],
    ['ESERVFAIL', 'dns'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
    ['UND_ERR_HEADERS_OVERFLOW', 'header_too_large'],
    ['SOMETHING_ELSE', 'internal'],
  ];
  for (const [code, reason] of table) {
    it(`says ${reason} for ${code}`, () => {
      expect(classifyError(withCode(code), { hasResponse: false }).reason).to.equal(reason);
    });
  }

  it('says truncated for a connection that ends after the headers', () => {
    expect(classifyError(withCode('ECONNRESET'), { hasResponse: true }).reason).to.equal('truncated');
    expect(classifyError(withCode('UND_ERR_SOCKET'), { hasResponse: true }).reason).to.equal('truncated');
  });

  it('looks into the parts of an error of several addresses', () => {
    const error = new AggregateError([withCode('ECONNREFUSED', 'a'), withCode('EHOSTUNREACH', 'b')]);
    expect(classifyError(error, { hasResponse: false })).to.include({ reason: 'connection_refused', message: 'a; b' });
  });

  it('takes whatever is thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}]) {
      expect(classifyError(thrown, { hasResponse: false }).reason).to.equal('internal');
    }
  });
});

describe('ScrapeError', () => {
  it('keeps what targets say from the log: control characters and length', () => {
    const { message } = new ScrapeError('http_status', `evil\r\n\u001b[31mred\u202e${'x'.repeat(1_000)}`);
    expect(message).to.have.lengthOf.at.most(200);
    expect(message).to.match(/^evil\\u000d\\u000a\\u001b\[31mred\\u202ex+…$/);
    expect(printable('')).to.equal('');
  });

  it('knows of every reason whether it is transient', () => {
    const transient = FAILURE_REASONS.filter((reason) => isTransient(reason));
    expect(transient).to.deep.equal([
      'timeout',
      'connection_refused',
      'connection_reset',
      'connection_error',
      'dns',
      'decompression',
      'truncated',
      'too_many_open_files',
      'http_protocol',
    ]);
  });
});
