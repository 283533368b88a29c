import { expect } from 'chai';
import { RelistSchedule } from '../../src/relist-schedule.ts';

describe('RelistSchedule', () => {
  it('serves the first event after a quiet time at once, then at most one per coalescing time and key', () => {
    const schedule = new RelistSchedule({ coalesceMs: 100, maxPerSecond: 1000 });
    schedule.note('a', 1000);
    expect(schedule.take(1000)).to.deep.equal(['a']);
    schedule.note('a', 1010);
    schedule.note('a', 1020);
    expect(schedule.take(1099)).to.deep.equal([]);
    expect(schedule.nextDueMs(1099)).to.equal(1100);
    expect(schedule.take(1100)).to.deep.equal(['a']);
    expect(schedule.nextDueMs(1100)).to.equal(undefined);
  });

  it('does not let one key hold up another', () => {
    const schedule = new RelistSchedule({ coalesceMs: 100, maxPerSecond: 1000 });
    schedule.note('a', 0);
    schedule.take(0);
    schedule.note('a', 1);
    schedule.note('b', 1);
    expect(schedule.take(1)).to.deep.equal(['b']);
  });

  it('bounds the reads per second over all keys', () => {
    const schedule = new RelistSchedule({ coalesceMs: 0, maxPerSecond: 10 });
    let taken = 0;
    for (let ms = 0; ms < 5000; ms += 10) {
      for (let key = 0; key < 100; key += 1) schedule.note(`k${key}`, ms);
      taken += schedule.take(ms).length;
    }
    // The burst of one second's worth, and then ten a second.
    expect(taken).to.be.within(50, 60);
  });

  it('gives urgent keys whatever the limits are, and each once', () => {
    const schedule = new RelistSchedule({ coalesceMs: 1000, maxPerSecond: 1 });
    for (let key = 0; key < 50; key += 1) {
      schedule.note(`k${key}`, 0);
      schedule.noteUrgent(`k${key}`);
    }
    expect(schedule.nextDueMs(0)).to.equal(0);
    expect(schedule.take(0)).to.have.length(50);
    expect(schedule.size).to.equal(0);
  });

  it('keeps a postponed key until its time and drops a forgotten one', () => {
    const schedule = new RelistSchedule({ coalesceMs: 10, maxPerSecond: 100 });
    schedule.postpone('a', 500);
    schedule.postpone('b', 500);
    schedule.forget('b');
    expect(schedule.take(499)).to.deep.equal([]);
    expect(schedule.take(500)).to.deep.equal(['a']);
  });

  it('says when the next token comes while there is none', () => {
    const schedule = new RelistSchedule({ coalesceMs: 0, maxPerSecond: 2 });
    for (const key of ['a', 'b', 'c']) schedule.note(key, 0);
    expect(schedule.take(0)).to.deep.equal(['a', 'b']);
    expect(schedule.nextDueMs(0)).to.equal(500);
    expect(schedule.take(500)).to.deep.equal(['c']);
  });

  it('forgets old reads, also while one key is read all the time', () => {
    const schedule = new RelistSchedule({ coalesceMs: 10, maxPerSecond: 1_000_000 });
    for (let ms = 0; ms < 10_000; ms += 10) {
      schedule.note('always', ms);
      schedule.note(`once-${ms}`, ms);
      schedule.take(ms);
    }
    expect(schedule.rememberedReads).to.be.at.most(4);
  });

  it('refuses limits that make no sense', () => {
    expect(() => new RelistSchedule({ coalesceMs: -1, maxPerSecond: 1 })).to.throw(RangeError, '-1');
    expect(() => new RelistSchedule({ coalesceMs: 1, maxPerSecond: 0.5 })).to.throw(RangeError, '0.5');
  });
});
