import { expect } from 'chai';
import fc from 'fast-check';
import {
  countSlotsBetween,
  identityHash,
  phaseMs,
  SLOT_QUANTUM_MS,
  slotAfter,
  slotAtOrAfter,
  slotAtOrBefore,
  slotsBetween,
} from '../../src/index.ts';

describe('identityHash', () => {
  // Published vectors of MurmurHash3 x86_32.
  for (const [text, seed, hash] of [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['test', 0, 0xba6bd213],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['Hello, world!', 0, 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
  ] as const) {
    it(`is MurmurHash3 for ${JSON.stringify(text)} with seed ${seed}`, () => {
      expect(identityHash(text, seed)).to.equal(hash);
    });
  }
});

describe('phaseMs', () => {
  it('never changes: stored slots depend on it', () => {
    expect([1000, 5000, 15_000, 60_000].map((interval) => phaseMs('web/web-1', interval))).to.deep.equal([
      700, 3700, 3700, 3700,
    ]);
  });

  it('lies within the interval, on a quantum when the interval is a second or more', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 86_400_000 }), (id, intervalMs) => {
        const phase = phaseMs(id, intervalMs);
        expect(phase).to.be.within(0, intervalMs - 1);
        if (intervalMs >= 1000) {
          expect(phase % SLOT_QUANTUM_MS).to.equal(0);
        }
      }),
    );
  });

  it('spreads targets evenly over the interval', () => {
    const counts = new Array<number>(20).fill(0);
    for (let index = 0; index < 20_000; index += 1) {
      const bucket = phaseMs(`web/instance-${index}`, 1000) / SLOT_QUANTUM_MS;
      counts[bucket] = counts[bucket]! + 1;
    }
    expect(Math.min(...counts)).to.be.greaterThan(850);
    expect(Math.max(...counts)).to.be.lessThan(1150);
  });

  for (const wrong of [0, -1, 0.5, NaN, Infinity]) {
    it(`refuses an interval of ${wrong}`, () => {
      expect(() => phaseMs('a/b', wrong)).to.throw(RangeError);
    });
  }
});

describe('slot arithmetic', () => {
  const schedule = fc.record({
    time: fc.integer({ min: 0, max: 4e12 }),
    interval: fc.integer({ min: 1, max: 86_400_000 }),
  });

  it('finds the slots around a time', () => {
    fc.assert(
      fc.property(schedule, fc.nat(), ({ time, interval }, seed) => {
        const phase = seed % interval;
        const before = slotAtOrBefore(time, interval, phase);
        const after = slotAfter(time, interval, phase);
        expect((before - phase) % interval).to.equal(0);
        expect(before).to.be.at.most(time);
        expect(after).to.be.greaterThan(time);
        expect(after - before).to.equal(interval);
        expect(slotAtOrAfter(time, interval, phase)).to.equal(before === time ? before : after);
      }),
    );
  });

  it('a slot is at and not after itself', () => {
    expect(slotAtOrBefore(1_000_250, 500, 250)).to.equal(1_000_250);
    expect(slotAfter(1_000_250, 500, 250)).to.equal(1_000_750);
  });

  it('lists and counts the slots of a half-open range', () => {
    expect([...slotsBetween(1000, 3000, 500, 250)]).to.deep.equal([1250, 1750, 2250, 2750]);
    expect([...slotsBetween(1250, 1750, 500, 250)]).to.deep.equal([1250]);
    expect([...slotsBetween(1251, 1251, 500, 250)]).to.deep.equal([]);
    expect([...slotsBetween(3000, 1000, 500, 250)]).to.deep.equal([]);
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.integer({ min: 1, max: 999 }), (from, length, interval) => {
        const slots = [...slotsBetween(from, from + length, interval, 0)];
        expect(countSlotsBetween(from, from + length, interval, 0)).to.equal(slots.length);
      }),
    );
  });
});
