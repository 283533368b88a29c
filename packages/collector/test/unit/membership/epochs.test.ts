import { expect } from 'chai';

import { splitIntoEpochs, type EpochCollector } from '../../../src/membership/epochs.ts';

function collector(id: string, activeFromMs: number, drainAtMs?: number): EpochCollector {
  return { id, capacity: 1, activeFromMs, drainAtMs };
}

function shown(collectors: EpochCollector[], sinceMs = 0): string[] {
  return splitIntoEpochs(collectors, sinceMs).map(
    ({ fromMs, untilMs, members }) => `${fromMs}..${untilMs}: ${members.map(({ id }) => id).join(' ')}`,
  );
}

describe('splitIntoEpochs', () => {
  it('has one epoch without end while nothing is going to change', () => {
    expect(shown([collector('b', 10), collector('a', 20)], 100)).to.deep.equal(['-Infinity..Infinity: a b']);
  });

  it('lets a joiner own slots from its time on', () => {
    expect(shown([collector('a', 0), collector('b', 500)], 100)).to.deep.equal([
      '-Infinity..500: a',
      '500..Infinity: a b',
    ]);
  });

  it('lets a leaver own slots before its time', () => {
    expect(shown([collector('a', 0, 700), collector('b', 0)], 100)).to.deep.equal([
      '-Infinity..700: a b',
      '700..Infinity: b',
    ]);
  });

  it('orders joins and leaves that overlap', () => {
    expect(shown([collector('a', 0, 600), collector('b', 0), collector('c', 500)], 100)).to.deep.equal([
      '-Infinity..500: a b',
      '500..600: a b c',
      '600..Infinity: b c',
    ]);
  });

  it('changes members once where one leaves and another joins at the same slot time', () => {
    expect(shown([collector('a', 0, 500), collector('b', 500)], 100)).to.deep.equal([
      '-Infinity..500: a',
      '500..Infinity: b',
    ]);
  });

  it('gives the slots of a cluster that has just started to all who are there', () => {
    expect(shown([collector('a', 500), collector('b', 500)], 100)).to.deep.equal(['-Infinity..Infinity: a b']);
    expect(shown([collector('a', 500), collector('b', 600)], 100)).to.deep.equal([
      '-Infinity..500: a b',
      '500..600: a',
      '600..Infinity: a b',
    ]);
  });

  it('prefers those who stay when nobody is active', () => {
    expect(shown([collector('a', 0, 50), collector('b', 500)], 100)).to.deep.equal(['-Infinity..Infinity: b']);
  });

  it('lets the last collectors go on when all of them leave', () => {
    expect(shown([collector('a', 0, 500), collector('b', 0, 600)], 100)).to.deep.equal([
      '-Infinity..500: a b',
      '500..600: b',
      '600..Infinity: a b',
    ]);
  });

  it('does not distinguish slots before the given time', () => {
    expect(shown([collector('a', 0), collector('b', 500)], 500)).to.deep.equal(['-Infinity..Infinity: a b']);
  });

  it('has one empty epoch when there is no collector', () => {
    expect(shown([])).to.deep.equal(['-Infinity..Infinity: ']);
  });

  it('does not depend on the order of its input', () => {
    const some = [collector('a', 0, 600), collector('b', 0), collector('c', 500)];
    expect(shown([...some].reverse(), 100)).to.deep.equal(shown(some, 100));
  });
});
