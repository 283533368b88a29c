import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { exposeEventLoopLag } from '../../src/event-loop-lag.ts';

describe('the lag of the event loop', () => {
  it('is told by quantile, without the pause between two probes, and anew each time', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    exposeEventLoopLag(registry);
    // The monitor notes nothing before its second probe.
    await sleep(60);
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    await sleep(60);
    const first = await lags(registry);
    expect([...first.keys()]).to.deep.equal(['0.5', '0.9', '0.99', '1']);
    expect(first.get('1')).to.be.within(0.15, 30);
    expect(first.get('0.5')).to.be.below(first.get('1') ?? 0);
    expect((await lags(registry)).get('1')).to.be.below(first.get('1') ?? 0);
    expect(await registry.metrics()).not.to.contain('nodejs_eventloop_lag');
  });
});

async function lags(registry: Registry): Promise<Map<string, number>> {
  const text = await registry.metrics();
  const lines = text.matchAll(/^pulsekeeper_event_loop_lag_seconds\{quantile="([\d.]+)"\} (\S+)$/gm);
  return new Map([...lines].map(([, quantile, value]) => [quantile ?? '', Number(value)]));
}
