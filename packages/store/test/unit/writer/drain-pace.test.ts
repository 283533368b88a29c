import { expect } from 'chai';
import { DrainPace } from '../../../src/writer/drain-pace.ts';

describe('DrainPace', () => {
  it('has no bound without a backlog', () => {
    const pace = new DrainPace(100);
    pace.spend(1e6);
    expect(pace.allowance(5)).to.equal(Infinity);
  });

  it('lets a burst through, then the rate, until the backlog is written', () => {
    const pace = new DrainPace(1000);
    pace.begin(0);
    expect(pace.allowance(0)).to.equal(512);
    pace.spend(512);
    expect(pace.allowance(0)).to.equal(0);
    expect(pace.waitMs()).to.equal(8);
    expect(pace.allowance(100)).to.equal(100);
    pace.spend(100);
    expect(pace.allowance(10_000)).to.equal(512);
    pace.end();
    expect(pace.allowance(10_000)).to.equal(Infinity);
  });
});
