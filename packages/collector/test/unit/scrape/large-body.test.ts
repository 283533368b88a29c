import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { deferred } from '@pulsekeeper/model';
import { expect } from 'chai';

import type { ScrapeOutcome, TargetScraper } from '../../../src/scrape/target-scraper.ts';
import { BusyThreads } from './busy-threads.ts';
import { scraperOf } from './scraping.ts';
import { httpTarget, type StubTarget } from './stub-target.ts';

const SERIES = 40_000;

/** Some 3 MB, a third of whose values change from scrape to scrape. */
function bodyOf(scrape: number): Buffer {
  const lines = Array.from(
    { length: SERIES },
    (_, index) =>
      `requests_total{handler="/a/rather/long/path/of/a/handler/${index}"} ${index % 3 === 0 ? scrape : index}`,
  );
  return Buffer.from(`${lines.join('\n')}\n`);
}

describe('a body of several megabytes', () => {
  let target: StubTarget;
  let scraper: TargetScraper;

  afterEach(async () => {
    scraper.close();
    await target.close();
  });

  for (const encoding of ['gzip', 'identity']) {
    it(`is read rightly scrape after scrape, and lets others work meanwhile (${encoding})`, async () => {
      let scrapes = 0;
      target = await httpTarget((_request, response) => {
        const body = bodyOf(scrapes++);
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        if (encoding === 'gzip') response.setHeader('content-encoding', 'gzip');
        response.end(encoding === 'gzip' ? gzipSync(body, { level: 1 }) : body);
      });
      scraper = scraperOf(target.url, { rule: { intervalMs: 60_000, timeoutMs: 60_000 } });
      for (let scrape = 0; scrape < 3; scrape += 1) {
        const { outcome, turns } = await countingTurns(scraper.scrape(60_000));
        expect(outcome.error).to.equal(undefined);
        const { size, values, changed, isSameSeries } = outcome.exposition ?? {};
        expect(size).to.equal(SERIES);
        expect([values?.[0], values?.[1], values?.[SERIES - 1]]).to.deep.equal([scrape, 1, scrape]);
        expect(isSameSeries).to.equal(scrape > 0);
        expect(changed?.length).to.equal(scrape === 0 ? undefined : Math.ceil(SERIES / 3));
        expect(turns).to.be.greaterThan(2);
      }
    });
  }

  describe('that cannot be unpacked at once', () => {
    let threads: BusyThreads;

    let answered: Promise<unknown>;

    beforeEach(async () => {
      const packed = gzipSync(bodyOf(0), { level: 1 });
      const { promise, resolve } = deferred<undefined>();
      answered = promise;
      target = await httpTarget((_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        response.setHeader('content-encoding', 'gzip');
        response.end(packed, () => resolve(undefined));
      });
      threads = new BusyThreads();
    });

    afterEach(() => threads.free());

    it('fails with the attempt, and the next one is read', async () => {
      scraper = scraperOf(target.url, { rule: { intervalMs: 60_000, timeoutMs: 500 } });
      const { error } = await scraper.scrape(60_000);
      expect(error).to.include({ reason: 'timeout', message: 'not done within 500 ms: still unpacking the body' });
      await threads.free();
      const patient = scraperOf(target.url, { rule: { intervalMs: 60_000, timeoutMs: 60_000 } });
      expect((await patient.scrape(60_000)).exposition?.size).to.equal(SERIES);
      patient.close();
    });

    it('fails when the target is given up', async () => {
      scraper = scraperOf(target.url, { rule: { intervalMs: 60_000, timeoutMs: 60_000 } });
      const scrape = scraper.scrape(60_000);
      await answered;
      // What is on its way in comes in.
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
      scraper.close();
      expect((await scrape).error).to.include({ reason: 'internal' });
    });
  });

  it('of one megabyte that is dear to read holds nothing up either', async () => {
    let text = '';
    for (let index = 0; text.length < 1_000_000; index += 1) text += `a{b="\\x${index}"} 1\n`;
    target = await httpTarget((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(text);
    });
    scraper = scraperOf(target.url, { rule: { intervalMs: 60_000, timeoutMs: 60_000 } });
    const { outcome, turns } = await countingTurns(scraper.scrape(60_000));
    expect(outcome.error).to.equal(undefined);
    expect(outcome.exposition?.size).to.equal(text.split('\n').length - 1);
    // Some 200 ms of work, of which a turn has 5.
    expect(turns).to.be.greaterThan(10);
  });
});

/** The outcome, and how many turns of the event loop it took. */
async function countingTurns(scrape: Promise<ScrapeOutcome>): Promise<{ outcome: ScrapeOutcome; turns: number }> {
  let turns = 0;
  const progress = { isDone: false };
  const outcome = scrape.finally(() => (progress.isDone = true));
  while (!progress.isDone) {
    await nextTurn();
    turns += 1;
  }
  return { outcome: await outcome, turns };
}
