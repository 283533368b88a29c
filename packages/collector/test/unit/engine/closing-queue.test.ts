import { expect } from 'chai';

import { ClosingQueue } from '../../../src/engine/closing-queue.ts';

/** Closes something, which keeps the event loop busy for a while. */
function busyClose(closeMs: number, onClosed: () => void): () => void {
  return () => {
    const untilMs = performance.now() + closeMs;
    while (performance.now() < untilMs);
    onClosed();
  };
}

describe('ClosingQueue', () => {
  it('closes all, and lets the event loop turn in between', async () => {
    const queue = new ClosingQueue();
    let closed = 0;
    const seen = new Set<number>();
    for (let index = 0; index < 20; index += 1) queue.add(busyClose(2, () => (closed += 1)));
    expect(closed, 'nothing at once').to.equal(0);
    while (closed < 20) {
      seen.add(closed);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.size, 'turns of the event loop').to.be.at.least(5);
  });

  it('closes at once what is left, and what comes of that', async () => {
    const queue = new ClosingQueue();
    let closed = 0;
    for (let index = 0; index < 20; index += 1) {
      queue.add(() => {
        closed += 1;
        queue.add(() => (closed += 1));
      });
    }
    queue.flush();
    expect(closed).to.equal(40);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed, 'none twice').to.equal(40);
  });
});
