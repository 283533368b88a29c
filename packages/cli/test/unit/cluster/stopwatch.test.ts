import { deferred } from '@pulsekeeper/model';
import { expect } from 'chai';

import { startStopwatch } from '../../../src/cluster/stopwatch.ts';

describe('startStopwatch', () => {
  it('leaves out the time in which the other server is waited for, also when that fails', async () => {
    let nowMs = 0;
    const watch = startStopwatch(() => nowMs);
    const [first, second] = [deferred<number>(), deferred<number>()];
    nowMs = 100;
    const waited = watch.pausedFor(first.promise);
    nowMs = 1100;
    first.resolve(7);
    expect(await waited).to.equal(7);
    const failing = watch.pausedFor(second.promise);
    nowMs = 2100;
    second.reject(new Error('away'));
    expect(await failing.catch((error: unknown) => error)).to.be.an('error');
    nowMs = 2150;
    expect(watch.seconds()).to.equal(0.15);
  });
});
