import { setTimeout as sleep } from 'node:timers/promises';

import { readHistogram } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { EventLoopLag } from '../../src/event-loop-lag.ts';

describe('EventLoopLag', () => {
  it('tells how late timers fire, without the pause between two probes, until it is stopped', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const lag = new EventLoopLag(registry);
    const look = async (): Promise<ReturnType<typeof readHistogram>> =>
      readHistogram(await registry.metrics(), 'pulsekeeper_event_loop_lag_seconds');
    lag.start();
    await sleep(60);
    const before = await look();
    const untilMs = performance.now() + 300;
    while (performance.now() < untilMs);
    await sleep(60);
    const { count, quantile } = (await look()).since(before);
    expect(count).to.be.at.least(2);
    expect(quantile(1)).to.be.at.least(0.25);
    expect(before.quantile(0.5)).to.be.below(quantile(1));
    lag.stop();
    const stopped = await look();
    await sleep(60);
    expect((await look()).since(stopped).count).to.equal(0);
    expect(await registry.metrics()).not.to.contain('nodejs_eventloop_lag');
  });
});
