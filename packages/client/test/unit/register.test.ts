import { expect } from 'chai';
import { register } from '../../src/index.ts';

describe('register', () => {
  it('gives up when its signal aborts while the metrics server is being opened', async () => {
    const abort = new AbortController();
    const metrics = { contentType: 'text/plain', metrics: () => Promise.resolve('') };
    const registered = register({
      service: 'shop',
      metrics,
      port: 0,
      listenHost: '127.0.0.1',
      // Nobody listens there: without the abort it would be waited for.
      zookeeper: '127.0.0.1:1',
      waitMs: Number.POSITIVE_INFINITY,
      signal: abort.signal,
    }).catch((reason: unknown) => reason);
    abort.abort(new Error('enough'));
    expect(await registered).to.include({ message: 'enough' });
  });
});
