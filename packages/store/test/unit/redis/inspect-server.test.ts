import { expect } from 'chai';
import { parseInfo, warningsFor } from '../../../src/redis/inspect-server.ts';

describe('what a server promises', () => {
  const good = {
    kind: 'single',
    version: '7.0.15',
    role: 'master',
    persistence: 'aof',
    maxMemoryBytes: 0,
    usedMemoryBytes: 1,
    evictionPolicy: 'noeviction',
    connectedReplicas: 0,
    clockSkewMs: 3,
  } as const;

  it('is nothing to warn of when all is well', () => expect(warningsFor(good)).to.deep.equal([]));

  for (const [name, facts, message] of [
    ['eviction', { evictionPolicy: 'allkeys-lru' }, /allkeys-lru.*noeviction/],
    ['no persistence', { persistence: 'none' }, /restart of Redis loses all samples/],
    ['snapshots only', { persistence: 'rdb' }, /since the last/],
    ['an old version', { version: '6.0.16' }, /too old/],
    ['a replica', { role: 'slave' }, /takes no writes/],
    ['a clock ahead', { clockSkewMs: 4000 }, /4000 ms ahead of/],
    ['a clock behind', { clockSkewMs: -4000 }, /4000 ms behind/],
  ] as const) {
    it(`warns of ${name}`, () => {
      const warnings = warningsFor({ ...good, ...facts });
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(message);
    });
  }

  it('is read from INFO, whatever stands in it', () => {
    expect(Object.fromEntries(parseInfo('# Server\r\na:1\r\nb:c:d\r\nnothing\r\n'))).to.deep.equal({
      a: '1',
      b: 'c:d',
    });
  });
});
