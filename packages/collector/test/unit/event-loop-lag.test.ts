import { setTimeout as sleep } from 'node:timers/promises';

import { readHistogram, type MetricHistogram } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { EventLoopLag } from '../../src/event-loop-lag.ts';

/** Keeps the event loop busy until the process has had so much processor time. */
function work(durationMs: number): void {
  const began = process.cpuUsage();
  for (let took = 0; took < durationMs * 1000;) {
    const { user, system } = process.cpuUsage(began);
    took = user + system;
  }
}

/** Holds the event loop up without any work, as one that waits for a processor. */
function wait(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

describe('EventLoopLag', () => {
  let registry: Registry;
  let lag: EventLoopLag;

  beforeEach(() => {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    lag = new EventLoopLag(registry);
    lag.start();
  });

  afterEach(() => lag.stop());

  async function look(): Promise<{ all: MetricHistogram; own: MetricHistogram }> {
    const page = await registry.metrics();
    const read = (name: string): MetricHistogram => readHistogram(page, `pulsekeeper_event_loop_${name}_seconds`);
    return { all: read('lag'), own: read('own_lag') };
  }

  /** What both gain while the event loop is held up. */
  async function gained(holdUp: () => void): Promise<{ all: MetricHistogram; own: MetricHistogram }> {
    await sleep(250);
    const before = await look();
    holdUp();
    await sleep(250);
    const after = await look();
    return { all: after.all.since(before.all), own: after.own.since(before.own) };
  }

  it('tells how late timers fire, without the pause between two probes', async () => {
    const { all, own } = await gained(() => work(400));
    expect(all.count).to.be.at.least(2);
    expect(all.quantile(1)).to.be.at.least(0.5);
    expect(own.quantile(1)).to.be.at.least(0.5);
    expect(await registry.metrics()).not.to.contain('nodejs_eventloop_lag');
  });

  it('tells what of it the process itself has done', async () => {
    const { all, own } = await gained(() => wait(400));
    expect(all.quantile(1)).to.be.at.least(0.5);
    expect(own.count).to.equal(all.count);
    expect(own.quantile(1)).to.be.at.most(0.25);
  });

  it('tells nothing more once it is stopped', async () => {
    lag.stop();
    const { all } = await gained(() => work(50));
    expect(all.count).to.equal(0);
  });
});
