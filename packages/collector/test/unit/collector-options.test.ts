import { expect } from 'chai';

import { handoverInSession, resolveCollectorOptions } from '../../src/collector-options.ts';

const GIVEN = { id: 'c1', zookeeper: 'zk:1', redis: 'redis://r' };

describe('resolveCollectorOptions', () => {
  it('gives the news of a join or leave as long as it takes: link loss, and a reading where collectors poll', () => {
    const handoverMs = (options: object): number => resolveCollectorOptions({ ...GIVEN, ...options }).handoverMs;
    expect(handoverMs({})).to.equal(3_600);
    expect(handoverMs({ sessionTimeoutMs: 2_000 })).to.equal(1_500);
    expect(handoverMs({ discoveryMode: 'poll' })).to.equal(3_600 + 2_200);
    expect(handoverMs({ discoveryMode: 'poll', pollIntervalMs: 500, sessionTimeoutMs: 2_000 })).to.equal(1_500 + 550);
    expect(handoverMs({ handoverMs: 700 })).to.equal(700);
  });

  it('refuses combinations that make no sense, with both values', () => {
    const polling = { discoveryMode: 'poll' as const, pollIntervalMs: 1_000, handoverMs: 1_100 };
    expect(() => resolveCollectorOptions({ ...GIVEN, ...polling })).to.throw(
      RangeError,
      'handoverMs 1100 must be more than 1100, 1.1 × pollIntervalMs 1000',
    );
    expect(() => resolveCollectorOptions({ ...GIVEN, drainTimeoutMs: 1_000 })).to.throw(
      RangeError,
      'drainTimeoutMs 1000 is shorter than handoverMs 3600',
    );
    expect(() => resolveCollectorOptions({ ...GIVEN, pollIntervalMs: 0 })).to.throw(RangeError, 'pollIntervalMs is 0');
  });
});

describe('handoverInSession', () => {
  it('follows the session timeout that the servers grant when that is longer, unless it was given', () => {
    const derived = resolveCollectorOptions({ ...GIVEN, sessionTimeoutMs: 2_000 });
    expect(handoverInSession(derived, 2_000)).to.equal(1_500);
    expect(handoverInSession(derived, 4_000)).to.equal(2_400);
    expect(handoverInSession(resolveCollectorOptions({ ...GIVEN, handoverMs: 700 }), 40_000)).to.equal(700);
  });
});
