import { openStore } from '@pulsekeeper/store';
import { expect } from 'chai';
import { Registry } from 'prom-client';

import { exposeStoreMetrics } from '../../src/store-metrics.ts';

describe('exposeStoreMetrics', () => {
  it('tells dropped frames, and errors by their class', async () => {
    const registry = new Registry();
    const idle = openStore({ url: 'redis://127.0.0.1:1' }).health();
    let errors: Record<string, number> = {};
    exposeStoreMetrics(registry, { health: () => ({ ...idle, droppedFrames: 3, errors }) });
    expect(await registry.metrics()).to.match(/^pulsekeeper_store_dropped_frames_total 3$/m);
    errors = { OOM: 2, timeout: 5 };
    const text = await registry.metrics();
    expect(text).to.match(/^pulsekeeper_store_errors_total\{class="OOM"\} 2$/m);
    expect(text).to.match(/^pulsekeeper_store_errors_total\{class="timeout"\} 5$/m);
  });
});
