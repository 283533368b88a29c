import { timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { scraperOf } from './scraping.ts';
import { httpTarget, socketTarget } from './stub-target.ts';

/** Holds the event loop up. */
function block(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

describe('the deadline of an attempt', () => {
  /** Closes what a test opened, also when it fails: an open server would keep the run alive. */
  const opened: { close(): unknown }[] = [];

  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

  function closing<T extends { close(): unknown }>(one: T): T {
    opened.push(one);
    return one;
  }

  it('does not blame a target for a process that was held up', async () => {
    const target = closing(
      await httpTarget((_, answer) => {
        answer.setHeader('content-type', 'text/plain').end('a 1\n');
        block(200);
      }),
    );
    const scraper = closing(scraperOf(target.url, { rule: { timeoutMs: 100 } }));
    const { error } = await scraper.scrape(2_000);
    expect(error?.message).to.equal(undefined);
  });

  it('comes all the same for a target that does not answer', async () => {
    const target = closing(await socketTarget(() => block(150)));
    const scraper = closing(scraperOf(target.url, { rule: { timeoutMs: 100 } }));
    const { error, durationMs } = await scraper.scrape(2_000);
    expect(error?.reason).to.equal('timeout');
    expect(durationMs).to.be.lessThan(600 * timeFactor);
  });
});
