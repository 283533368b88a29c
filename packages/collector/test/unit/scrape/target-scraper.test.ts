import * as zlib from 'node:zlib';
import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';

import type { FailureReason } from '@pulsekeeper/model';
import { expect } from 'chai';

import type { ScrapeOutcome } from '../../../src/scrape/target-scraper.ts';
import { scraperOf, type ScrapingOptions } from './scraping.ts';
import { httpTarget, rawTarget, socketTarget, type StubTarget } from './stub-target.ts';

const TEXT = 'content-type: text/plain; version=0.0.4\r\n';
const BODY = '# TYPE a counter\na 1\nb{x="y"} 2.5\n';

function response(headers: string, body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${headers}\r\n${body}`;
}

function whole(body: string | Buffer, headers = TEXT): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.concat([Buffer.from(response(`${headers}content-length: ${length}\r\n`, '')), Buffer.from(body)]);
}

async function scrapeOnce(target: StubTarget, options: ScrapingOptions = {}): Promise<ScrapeOutcome> {
  const scraper = scraperOf(target.url, options);
  try {
    return await scraper.scrape(2_000);
  } finally {
    scraper.close();
    await target.close();
  }
}

describe('TargetScraper', () => {
  describe('reads', () => {
    const readable: [string, () => Promise<StubTarget>][] = [
      ['a plain body', () => rawTarget(whole(BODY))],
      ['a gzip body', () => rawTarget(whole(gzipSync(BODY), `${TEXT}content-encoding: gzip\r\n`))],
      [
        'a gzip body of several members',
        () =>
          rawTarget(
            whole(
              Buffer.concat([gzipSync(BODY.slice(0, 20)), gzipSync(BODY.slice(20))]),
              `${TEXT}content-encoding: gzip\r\n`,
            ),
          ),
      ],
      [
        'a chunked body with trailers',
        () =>
          rawTarget(
            response(
              `${TEXT}transfer-encoding: chunked\r\ntrailer: x-sum\r\n`,
              `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nx-sum: 1\r\n\r\n`,
            ),
          ),
      ],
      ['a body that ends with the connection', () => rawTarget(response(TEXT, BODY), (socket) => socket.end())],
      ['an HTTP/1.0 body', () => rawTarget(`HTTP/1.0 200 OK\r\n${TEXT}\r\n${BODY}`, (socket) => socket.end())],
      [
        'a body after a 103',
        () => rawTarget(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), whole(BODY)])),
      ],
      [
        'a body after a 100 that nobody asked for',
        () => rawTarget(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), whole(BODY)])),
      ],
      [
        'a body that comes byte by byte',
        () =>
          socketTarget((socket) => {
            socket.setNoDelay(true);
            for (const byte of whole(BODY)) socket.write(Buffer.of(byte));
          }),
      ],
    ];
    for (const [title, start] of readable) {
      it(title, async () => {
        const outcome = await scrapeOnce(await start());
        expect(outcome.error).to.equal(undefined);
        expect([...(outcome.exposition?.values ?? [])]).to.deep.equal([1, 2.5]);
        expect(outcome).to.include({ attempts: 1, bodyBytes: BODY.length });
      });
    }

    it('OpenMetrics by its content type', async () => {
      const headers = 'content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n';
      const outcome = await scrapeOnce(await rawTarget(whole('# TYPE a counter\na_total 1\n# EOF\n', headers)));
      expect(outcome.error).to.equal(undefined);
      expect(outcome.exposition?.size).to.equal(1);
    });

    it('a body without a content type where a fallback is configured', async () => {
      const outcome = await scrapeOnce(await rawTarget(whole(BODY, '')), { fallbackFormat: 'prometheus-text' });
      expect(outcome.exposition?.size).to.equal(2);
    });

    it('as many metric families as a tenth of the samples that the rule allows', async () => {
      const lines = Array.from({ length: 50_001 }, (_, index) => `# HELP a${index} x\n`);
      const reasonFor = async (sampleLimit: number): Promise<unknown> =>
        (await scrapeOnce(await rawTarget(whole(lines.join(''))), { rule: { sampleLimit } })).error?.reason;
      expect(await reasonFor(500_000)).to.equal('sample_limit');
      expect(await reasonFor(500_010)).to.equal(undefined);
    });

    it('an empty body as no samples', async () => {
      const outcome = await scrapeOnce(await rawTarget(whole('')));
      expect(outcome.exposition?.size).to.equal(0);
    });
  });

  describe('names the reason', () => {
    const end = (socket: Socket): unknown => socket.end();
    const reset = (socket: Socket): unknown => socket.resetAndDestroy();
    const cases: [FailureReason, string, () => Promise<StubTarget>, ScrapingOptions?][] = [
      ['timeout', 'no answer', () => rawTarget('')],
      ['timeout', 'headers that drip', () => dripping(response(`x: ${'y'.repeat(1_000)}`, ''))],
      [
        'timeout',
        'a body that drips',
        () => dripping(response(`${TEXT}content-length: 1000\r\n`, 'a 1\n'.repeat(250))),
      ],
      ['connection_reset', 'a connection that is reset', () => rawTarget('', reset)],
      ['connection_reset', 'a connection that ends without an answer', () => rawTarget('', end)],
      ['http_status', 'a 404', () => rawTarget(response(`${TEXT}content-length: 2\r\n`, 'no', '404 Not Found'))],
      ['http_status', 'a 204', () => rawTarget(response('', '', '204 No Content'))],
      ['http_status', 'a 304, which nobody asked for', () => rawTarget(response('', '', '304 Not Modified'))],
      [
        'http_protocol',
        'a switch of protocols',
        () => rawTarget(response('upgrade: x\r\nconnection: upgrade\r\n', '', '101 Switching Protocols')),
      ],
      ['http_status', 'a 500 with an endless page', () => flooding(response(TEXT, '', '500 Broken'))],
      ['redirect', 'a redirect', () => rawTarget(response('location: /x\r\ncontent-length: 0\r\n', '', '302 Found'))],
      ['content_type', 'an HTML page', () => rawTarget(whole('<html>', 'content-type: text/html\r\n'))],
      ['content_type', 'a missing content type', () => rawTarget(whole(BODY, ''))],
      ['content_type', 'protobuf', () => rawTarget(whole('x', 'content-type: application/vnd.google.protobuf\r\n'))],
      [
        'body_too_large',
        'a body announced beyond the limit',
        () => rawTarget(response(`${TEXT}content-length: 5000000\r\n`, '')),
      ],
      ['body_too_large', 'an endless body', () => flooding(response(TEXT, ''))],
      ['body_too_large', 'a gzip bomb', () => rawTarget(gzipped(Buffer.alloc(20_000_000)))],
      [
        'body_too_large',
        'a gzip bomb that lies about its size',
        () => rawTarget(gzipped(Buffer.alloc(20_000_000), 100)),
      ],
      [
        'wire_too_large',
        'a large compressed body',
        () => rawTarget(response(`${TEXT}content-encoding: gzip\r\ncontent-length: 300000\r\n`, '')),
      ],
      ['header_too_large', 'endless headers', () => rawTarget(response(`x: ${'y'.repeat(20_000)}\r\n${TEXT}`, ''))],
      [
        'decompression',
        'gzip that is none',
        () => rawTarget(whole('plain text, really', `${TEXT}content-encoding: gzip\r\n`)),
      ],
      [
        'decompression',
        'an encoding that nobody asked for',
        () => rawTarget(whole('x', `${TEXT}content-encoding: br\r\n`)),
      ],
      [
        'truncated',
        'a gzip body that was cut',
        () => rawTarget(whole(gzipSync(BODY).subarray(0, -9), `${TEXT}content-encoding: gzip\r\n`)),
      ],
      [
        'truncated',
        'a body shorter than announced',
        () => rawTarget(response(`${TEXT}content-length: 500\r\n`, BODY), end),
      ],
      [
        'truncated',
        'a body shorter than announced, connection closed',
        () => rawTarget(response(`${TEXT}connection: close\r\ncontent-length: 500\r\n`, BODY), end),
      ],
      [
        'truncated',
        'a body that is reset',
        () =>
          rawTarget(response(`${TEXT}content-length: 500\r\n`, BODY), (socket) => void setTimeout(reset, 20, socket)),
      ],
      [
        'truncated',
        'chunks that were cut',
        () => rawTarget(response(`${TEXT}transfer-encoding: chunked\r\n`, `ff\r\n${BODY}`), end),
      ],
      [
        'truncated',
        'chunks that were cut, connection closed',
        () => rawTarget(response(`${TEXT}connection: close\r\ntransfer-encoding: chunked\r\n`, `4\r\na 1\n\r\n`), end),
      ],
      ['truncated', 'a number cut by the end of the connection', () => rawTarget(response(TEXT, 'a 1\nb 123'), end)],
      ...['identity', 'foo', 'chunked, identity'].map((coding): (typeof cases)[number] => [
        'truncated',
        `a number cut by the end of the connection, transfer coding ${coding}`,
        () => rawTarget(response(`${TEXT}transfer-encoding: ${coding}\r\n`, 'a 1\nb 123'), end),
      ]),
      [
        'truncated',
        'a number cut by the end of the connection, between two members of gzip',
        () =>
          rawTarget(
            Buffer.concat([Buffer.from(response(`${TEXT}content-encoding: gzip\r\n`, '')), gzipSync('a 1\nb 123')]),
            end,
          ),
      ],
      [
        'body_too_large',
        'a body that unpacks to more than 200 times its size',
        () => rawTarget(whole(gzipSync(Buffer.alloc(50_000_000, 'a 1\n')), `${TEXT}content-encoding: gzip\r\n`)),
        { rule: { maxBodyBytes: 1_000_000_000, timeoutMs: 2_000 } },
      ],
      ['http_protocol', 'something that is not HTTP', () => rawTarget('SSH-2.0-OpenSSH_9.2\r\n')],
      ['parse', 'binary junk', () => rawTarget(whole(Buffer.from([0, 255, 1, 10])))],
      [
        'parse',
        'OpenMetrics without an end',
        () => rawTarget(whole('a 1\n', 'content-type: application/openmetrics-text; version=1.0.0\r\n')),
      ],
      ['sample_limit', 'more samples than allowed', () => rawTarget(whole(BODY)), { rule: { sampleLimit: 1 } }],
      [
        'label_limit',
        'more labels than allowed',
        () => rawTarget(whole('a{b="1",c="2"} 1\n')),
        { rule: { labelLimit: 1 } },
      ],
      [
        'label_limit',
        'a longer value than allowed',
        () => rawTarget(whole(`a{b="${'x'.repeat(20)}"} 1\n`)),
        { rule: { labelValueLengthLimit: 10 } },
      ],
      ['line_too_long', 'an endless line', () => rawTarget(whole(`# ${'x'.repeat(70_000)}\n`))],
    ];
    for (const [reason, title, start, options] of cases) {
      it(`${reason} for ${title}`, async () => {
        const limits = { rule: { maxBodyBytes: 1_000_000, timeoutMs: 200, ...options?.rule } };
        const outcome = await scrapeOnce(await start(), { ...options, ...limits });
        expect(outcome.error?.reason, outcome.error?.message).to.equal(reason);
        expect(outcome.error?.message.length).to.be.within(5, 200);
        expect(outcome.exposition).to.equal(undefined);
        expect(outcome.durationMs).to.be.lessThan(600);
      });
    }

    it('connection_refused where nobody listens', async () => {
      const target = await rawTarget('');
      await target.close();
      const scraper = scraperOf(target.url);
      const { error } = await scraper.scrape(2_000);
      expect(error?.reason).to.equal('connection_refused');
      scraper.close();
    });

    it('address_denied for a link-local address, without connecting', async () => {
      for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '[fe80::1]', '0.0.0.0', '[fd00:ec2::254]']) {
        const scraper = scraperOf(`http://${host}/latest/meta-data`);
        const { error, attempts } = await scraper.scrape(2_000);
        expect(error?.reason, host).to.equal('address_denied');
        expect(attempts).to.equal(1);
        scraper.close();
      }
    });

    it('address_denied for a name that points there', async () => {
      const lookup = () => Promise.resolve({ addresses: ['169.254.169.254', 'fe80::1'], ttlSeconds: 60 });
      const scraper = scraperOf('http://metadata.example/', { lookup });
      const { error } = await scraper.scrape(2_000);
      expect(error?.reason).to.equal('address_denied');
      scraper.close();
    });

    it('address_denied for a name that is denied, without resolving it', async () => {
      let lookups = 0;
      const lookup = () => {
        lookups += 1;
        return Promise.resolve({ addresses: ['127.0.0.1'], ttlSeconds: 60 });
      };
      const scraper = scraperOf('http://DB.internal.example/', { lookup, policy: { deny: ['.internal.example'] } });
      const { error } = await scraper.scrape(2_000);
      expect([error?.reason, lookups]).to.deep.equal(['address_denied', 0]);
      scraper.close();
    });

    it('dns for a name that does not exist', async () => {
      const lookup = () => Promise.reject(Object.assign(new Error('queryA ENOTFOUND nowhere'), { code: 'ENOTFOUND' }));
      const scraper = scraperOf('http://nowhere.example/', { lookup });
      const { error } = await scraper.scrape(2_000);
      expect(error?.reason).to.equal('dns');
      scraper.close();
    });

    it('timeout for a name server that does not answer', async () => {
      const scraper = scraperOf('http://slow.example/', {
        lookup: () => new Promise(() => undefined),
        rule: { timeoutMs: 100 },
      });
      const { error, durationMs } = await scraper.scrape(2_000);
      expect(error?.reason).to.equal('timeout');
      expect(error?.message).to.contain('connecting');
      expect(durationMs).to.be.lessThan(400);
      scraper.close();
    });
  });

  it('connects by name to the allowed ones of its addresses', async () => {
    const target = await rawTarget(whole(BODY));
    const lookup = () => Promise.resolve({ addresses: ['169.254.169.254', '127.0.0.1'], ttlSeconds: 60 });
    const scraper = scraperOf(target.url.replace('127.0.0.1', 'app.example'), { lookup });
    const { error } = await scraper.scrape(2_000);
    expect(error).to.equal(undefined);
    scraper.close();
    await target.close();
  });

  it('sends what Prometheus sends', async () => {
    let headers: Record<string, unknown> = {};
    const target = await httpTarget((request, answer) => {
      headers = { ...request.headers, url: request.url };
      answer.setHeader('content-type', 'text/plain').end(BODY);
    });
    await scrapeOnce(target, { rule: { timeoutMs: 1_500 } });
    expect(headers).to.include({
      'accept-encoding': 'zstdDecompress' in zlib ? 'gzip, zstd' : 'gzip',
      'x-prometheus-scrape-timeout-seconds': '1.5',
      url: '/metrics',
    });
    expect(headers['accept']).to.match(/^application\/openmetrics-text/);
    expect(headers['user-agent']).to.match(/^Pulsekeeper\/\d/);
  });

  it('keeps the connection between scrapes', async () => {
    const target = await httpTarget((_, answer) => void answer.setHeader('content-type', 'text/plain').end(BODY));
    const scraper = scraperOf(target.url);
    for (let slot = 0; slot < 5; slot += 1) expect((await scraper.scrape(1_000)).error).to.equal(undefined);
    expect([target.requests, target.connections]).to.deep.equal([5, 1]);
    scraper.close();
    await target.close();
  });

  it('keeps the connection after an error page', async () => {
    let count = 0;
    const target = await httpTarget((_, answer) => {
      count += 1;
      answer.statusCode = count === 1 ? 503 : 200;
      answer.setHeader('content-type', 'text/plain').end(BODY);
    });
    const scraper = scraperOf(target.url);
    await scraper.scrape(1_000);
    expect((await scraper.scrape(1_000)).error).to.equal(undefined);
    expect(target.connections).to.equal(1);
    scraper.close();
    await target.close();
  });

  it('hands out the same keys while only values change', async () => {
    let count = 0;
    const target = await httpTarget(
      (_, answer) => void answer.setHeader('content-type', 'text/plain').end(`a ${++count}\nb 7\n`),
    );
    const scraper = scraperOf(target.url);
    const first = (await scraper.scrape(1_000)).exposition;
    const second = (await scraper.scrape(1_000)).exposition;
    expect(second?.keys).to.equal(first?.keys);
    expect(second?.isSameSeries).to.equal(true);
    expect([...(second?.changed ?? [])]).to.deep.equal([0]);
    scraper.close();
    await target.close();
  });

  describe('retries', () => {
    async function failing(times: number, status: number, headers: Record<string, string> = {}): Promise<StubTarget> {
      let count = 0;
      return httpTarget((_, answer) => {
        count += 1;
        const hasFailed = count <= times;
        answer
          .writeHead(hasFailed ? status : 200, { 'content-type': 'text/plain', ...(hasFailed ? headers : {}) })
          .end(BODY);
      });
    }

    it('what may pass, within the slot, and counts the attempts', async () => {
      const outcome = await scrapeOnce(await failing(2, 503), { rule: { retries: 2 } });
      expect(outcome.error).to.equal(undefined);
      expect(outcome.attempts).to.equal(3);
      expect(outcome.retried.map(({ reason }) => reason)).to.deep.equal(['http_status', 'http_status']);
      expect(outcome.tries?.map(({ error }) => error?.reason)).to.deep.equal(['http_status', 'http_status', undefined]);
      expect(outcome.tries?.[2]?.startedAfterMs).to.equal(outcome.lastAttemptAfterMs);
    });

    it('no more often than the rule says', async () => {
      const target = await failing(9, 503);
      const scraper = scraperOf(target.url, { rule: { retries: 2 } });
      const outcome = await scraper.scrape(2_000);
      expect(outcome.error?.reason).to.equal('http_status');
      expect([outcome.attempts, target.requests]).to.deep.equal([3, 3]);
      scraper.close();
      await target.close();
    });

    it('nothing that would come out the same', async () => {
      expect((await scrapeOnce(await failing(9, 404), { rule: { retries: 5 } })).attempts).to.equal(1);
      expect(
        (await scrapeOnce(await rawTarget(whole('junk junk junk\n')), { rule: { retries: 5 } })).attempts,
      ).to.equal(1);
    });

    it('not before the target wants it', async () => {
      const outcome = await scrapeOnce(await failing(1, 429, { 'retry-after': '1' }), { rule: { retries: 1 } });
      expect(outcome.error).to.equal(undefined);
      expect(outcome.durationMs).to.be.within(990, 1_500);
      expect(outcome.lastAttemptAfterMs).to.be.at.least(990);
    });

    it('not at all when the target wants longer than the slot', async () => {
      const outcome = await scrapeOnce(await failing(1, 503, { 'retry-after': '60' }), { rule: { retries: 3 } });
      expect(outcome.attempts).to.equal(1);
      expect(outcome.durationMs).to.be.lessThan(500);
    });

    it('nothing when no time is left, but gives the first attempt a quarter of the interval', async () => {
      const target = await socketTarget(() => undefined);
      const scraper = scraperOf(target.url, { rule: { retries: 3, intervalMs: 800, timeoutMs: 800 } });
      const outcome = await scraper.scrape(50);
      expect(outcome.error?.reason).to.equal('timeout');
      expect(outcome.durationMs).to.be.within(190, 500);
      expect(outcome.attempts).to.equal(1);
      scraper.close();
      await target.close();
    });

    it('nothing when the wait outlasts the slot, since the process is busy', async () => {
      const target = await httpTarget((_, answer) => {
        answer.writeHead(503).end();
        setTimeout(() => {
          const untilMs = performance.now() + 250;
          while (performance.now() < untilMs);
        }, 20);
      });
      const scraper = scraperOf(target.url, { rule: { retries: 3 }, random: () => 1 });
      const outcome = await scraper.scrape(200);
      expect(outcome.error?.reason).to.equal('http_status');
      expect([outcome.attempts, target.requests]).to.deep.equal([1, 1]);
      scraper.close();
      await target.close();
    });

    it('an idle connection that the target had closed, without spending an attempt of the rule', async () => {
      let served = 0;
      const target = await socketTarget((socket) => {
        served += 1;
        // The second request on the first connection meets a reset: the target had closed it meanwhile.
        if (served === 2) socket.resetAndDestroy();
        else socket.write(whole(BODY));
      });
      const scraper = scraperOf(target.url, { rule: { retries: 0 } });
      await scraper.scrape(1_000);
      const outcome = await scraper.scrape(1_000);
      expect(outcome.error).to.equal(undefined);
      expect(outcome.attempts).to.equal(2);
      scraper.close();
      await target.close();
    });
  });

  describe('where the rule says to follow redirects', () => {
    /** Sends each path on to where the table says, and serves the others. */
    function redirecting(table: Readonly<Record<string, string>>, status = 302): Promise<StubTarget> {
      return httpTarget((request, answer) => {
        const location = table[request.url ?? ''];
        if (location !== undefined) answer.writeHead(status, { location }).end('elsewhere');
        else answer.setHeader('content-type', 'text/plain').end(`served{path="${request.url ?? ''}"} 1\n`);
      });
    }
    const rule = { followRedirects: true };

    it('follows them on the same connection, to the same origin', async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        const target = await redirecting({ '/metrics': '/a?x=1', '/a?x=1': 'b' }, status);
        const scraper = scraperOf(target.url, { rule });
        const { error, exposition, attempts } = await scraper.scrape(1_000);
        expect(error, String(status)).to.equal(undefined);
        expect(Buffer.from(exposition?.keys ?? []).toString()).to.equal('served{path="/b"}\n');
        expect([attempts, target.requests, target.connections]).to.deep.equal([1, 3, 1]);
        await scraper.scrape(1_000);
        expect(target.requests, 'begins anew at each scrape').to.equal(6);
        scraper.close();
        await target.close();
      }
    });

    const refused: [title: string, table: Record<string, string>, requests: number, message: RegExp][] = [
      ['a loop', { '/metrics': '/metrics' }, 4, /^more than 3 redirects/],
      ['a long chain', { '/metrics': '/1', '/1': '/2', '/2': '/3', '/3': '/4' }, 4, /^more than 3/],
      ['another host', { '/metrics': 'http://localhost/metrics' }, 1, /to the same origin only/],
      ['another port', { '/metrics': 'http://127.0.0.1:1/metrics' }, 1, /to the same origin only/],
      ['another scheme', { '/metrics': 'https://127.0.0.1/metrics' }, 1, /to the same origin only/],
      ['a host without a scheme', { '/metrics': '//169.254.169.254/latest' }, 1, /to the same origin only/],
      ['a file', { '/metrics': 'file:///etc/passwd' }, 1, /to the same origin only/],
      ['nothing that is a URL', { '/metrics': 'http://[' }, 1, /cannot be followed/],
    ];
    for (const [title, table, requests, message] of refused) {
      it(`does not follow ${title}`, async () => {
        const target = await redirecting(table);
        const { error, attempts } = await scrapeOnce(target, { rule: { ...rule, retries: 3 } });
        expect(error?.reason).to.equal('redirect');
        expect(error?.message).to.match(message);
        expect([attempts, target.requests]).to.deep.equal([1, requests]);
      });
    }

    it('does not follow a status that says nothing of where to go', async () => {
      const target = await rawTarget(response('location: /b\r\ncontent-length: 0\r\n', '', '300 Multiple Choices'));
      expect((await scrapeOnce(target, { rule })).error?.message).to.contain('cannot be followed');
    });

    it('shows no user info of where it points', async () => {
      const target = await redirecting({ '/metrics': 'http://user:hunter2@127.0.0.1:1/' });
      expect((await scrapeOnce(target, { rule })).error?.message)
        .to.contain('***@')
        .and.not.contain('hunter2');
    });

    it('keeps the deadline of the attempt over all of them', async () => {
      const target = await httpTarget((request, answer) => {
        if (request.url === '/metrics') answer.writeHead(302, { location: '/slow' }).end();
      });
      const outcome = await scrapeOnce(target, { rule: { ...rule, timeoutMs: 200 } });
      expect(outcome.error?.reason).to.equal('timeout');
    });
  });

  it('gives up at once between two attempts', async () => {
    const target = await httpTarget((_, answer) => void answer.writeHead(503, { 'retry-after': '1' }).end());
    const scraper = scraperOf(target.url, { rule: { retries: 5 } });
    setTimeout(() => scraper.close(), 50);
    const outcome = await scraper.scrape(2_000);
    expect(outcome.error?.reason).to.equal('http_status');
    expect([outcome.attempts, target.requests]).to.deep.equal([1, 1]);
    await target.close();
  });

  it('gives up at once when the collector does', async () => {
    const target = await socketTarget(() => undefined);
    const scraper = scraperOf(target.url, { rule: { retries: 5 } });
    setTimeout(() => scraper.close(), 50);
    const outcome = await scraper.scrape(2_000);
    expect(outcome.error?.reason).to.equal('internal');
    expect(outcome).to.include({ attempts: 1 });
    expect(outcome.durationMs).to.be.lessThan(500);
    await target.close();
  });
});

function gzipped(body: Buffer, claimedSize = body.length): Buffer {
  const packed = gzipSync(body);
  packed.writeUInt32LE(claimedSize, packed.length - 4);
  return whole(packed, `${TEXT}content-encoding: gzip\r\n`);
}

/** Sends one byte every 20 ms. */
function dripping(text: string): Promise<StubTarget> {
  return socketTarget((socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(text.slice(at, ++at)), 20);
    socket.on('close', () => clearInterval(timer));
  });
}

/** Sends lines without end. */
function flooding(head: string): Promise<StubTarget> {
  const lines = 'flood 1\n'.repeat(8_192);
  return socketTarget((socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(lines));
    };
    socket.write(head);
    socket.on('drain', more);
    more();
  });
}
