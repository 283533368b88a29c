import { expect } from 'chai';

import { ClosingQueue } from '../../../src/engine/closing-queue.ts';
import type { SlotScraper } from '../../../src/scrape/target-scraper.ts';

/** A scraper whose closing keeps the event loop busy for a while. */
function busyScraper(closeMs: number, onClosed: () => void): SlotScraper {
  return {
    scrape: () => Promise.reject(new Error('nobody scrapes here')),
    close: () => {
      const untilMs = performance.now() + closeMs;
      while (performance.now() < untilMs);
      onClosed();
    },
  };
}

describe('ClosingQueue', () => {
  it('closes all, and lets the event loop turn in between', async () => {
    const queue = new ClosingQueue();
    let closed = 0;
    const seen = new Set<number>();
    for (let index = 0; index < 20; index += 1) queue.add(busyScraper(2, () => (closed += 1)));
    expect(closed, 'nothing at once').to.equal(0);
    while (closed < 20) {
      seen.add(closed);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.size, 'turns of the event loop').to.be.at.least(5);
  });

  it('closes at once what is left', async () => {
    const queue = new ClosingQueue();
    let closed = 0;
    for (let index = 0; index < 20; index += 1) queue.add(busyScraper(0, () => (closed += 1)));
    queue.flush();
    expect(closed).to.equal(20);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed, 'none twice').to.equal(20);
  });
});
