import { type Logger, silentLogger, systemClock, targetId } from '@pulsekeeper/model';
import { expect } from 'chai';
import { REFUSALS_LOGGED_EVERY_MS, RefusalLog } from '../../../src/timeseries/refusal-log.ts';

describe('RefusalLog', () => {
  it('tells of the first, and then every ten minutes how many there were', () => {
    const lines: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields: unknown) => lines.push(fields) };
    let nowMs = 5_000;
    const log = new RefusalLog(targetId('api', 'i1'), logger, { ...systemClock, monotonic: () => nowMs });
    log.note('k1', 'WRONGTYPE', 1);
    for (let slot = 0; slot < 100; slot++) {
      log.note('k1', 'WRONGTYPE', 2);
      log.note('k2', 'another', 1);
    }
    nowMs += REFUSALS_LOGGED_EVERY_MS - 1;
    log.note('k2', 'another', 1);
    nowMs += 1;
    log.note('k3', 'a third', 1);
    log.note('k3', 'a third', 1);
    const target = 'api/i1';
    expect(lines).to.deep.equal([
      { target, key: 'k1', reason: 'WRONGTYPE', refusals: 1 },
      { target, key: 'k3', reason: 'a third', refusals: 302 },
    ]);
  });
});
