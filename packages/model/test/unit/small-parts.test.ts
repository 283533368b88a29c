import { expect } from 'chai';
import {
  assertNever,
  deferred,
  FAILURE_REASONS,
  failureReasonCode,
  failureReasonOfCode,
  fullJitterBackoff,
  silentLogger,
  systemClock,
} from '../../src/index.ts';

describe('fullJitterBackoff', () => {
  it('draws from zero to a bound that doubles up to the cap', () => {
    const upper = fullJitterBackoff({ baseMs: 100, capMs: 1000, random: () => 1 });
    expect([0, 1, 2, 3, 4, 50, 5000].map(upper)).to.deep.equal([100, 200, 400, 800, 1000, 1000, 1000]);
    const lower = fullJitterBackoff({ baseMs: 100, capMs: 1000, random: () => 0 });
    expect(lower(7)).to.equal(0);
  });

  it('refuses bounds that make no sense', () => {
    expect(() => fullJitterBackoff({ baseMs: 10, capMs: 5 })).to.throw(RangeError, 'baseMs 10 and capMs 5');
    expect(() => fullJitterBackoff({ baseMs: NaN, capMs: 5 })).to.throw(RangeError);
  });
});

describe('failure reasons', () => {
  it('keep their codes: stored frames carry them', () => {
    expect(FAILURE_REASONS.slice(0, 8)).to.deep.equal([
      'internal',
      'timeout',
      'connection_refused',
      'connection_reset',
      'connection_error',
      'dns',
      'tls',
      'http_status',
    ]);
    expect(new Set(FAILURE_REASONS).size).to.equal(FAILURE_REASONS.length);
    for (const reason of FAILURE_REASONS) {
      expect(failureReasonOfCode(failureReasonCode(reason))).to.equal(reason);
    }
  });

  it('read an unknown code as internal', () => {
    expect(failureReasonOfCode(250)).to.equal('internal');
  });
});

describe('deferred', () => {
  it('settles from outside, once', async () => {
    const done = deferred<number>();
    done.resolve(1);
    done.reject(new Error('too late'));
    expect(await done.promise).to.equal(1);
    const failed = deferred<number>();
    failed.reject(new Error('no'));
    const reason: unknown = await failed.promise.catch((error: unknown) => error);
    expect(reason).to.be.instanceOf(Error).with.property('message', 'no');
  });
});

describe('silentLogger, systemClock, assertNever', () => {
  it('do what their names say', () => {
    silentLogger.child({ component: 'x' }).info({ a: 1 }, 'nothing');
    expect(Math.abs(systemClock.now() - Date.now())).to.be.lessThan(1000);
    const earlier = systemClock.monotonic();
    expect(systemClock.monotonic()).to.be.at.least(earlier);
    expect(() => assertNever('odd' as never)).to.throw(TypeError, '"odd"');
  });
});
