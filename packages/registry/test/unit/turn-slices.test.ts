import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { TurnSlices } from '../../src/turn-slices.ts';

describe('TurnSlices', () => {
  let nowMs: number;
  let slices: TurnSlices;

  beforeEach(() => {
    nowMs = 0;
    slices = new TurnSlices(5, () => nowMs);
  });

  /** Runs pieces of 2 ms while something else takes `otherMs` of each turn. Gives how many were done by each turn. */
  async function doneByTurn(pieces: number, otherMs: number): Promise<number[]> {
    const order: number[] = [];
    const all = Array.from({ length: pieces }, (_, index) =>
      slices.run(() => {
        nowMs += 2;
        order.push(index);
      }),
    );
    const counts = [order.length];
    while (order.length < pieces) {
      nowMs += otherMs;
      await nextTurn();
      counts.push(order.length);
    }
    await Promise.all(all);
    expect(order, 'in order').to.deep.equal([...order].sort((a, b) => a - b));
    return counts;
  }

  it('does at once what a turn has time for, and the rest in later ones', async () => {
    expect(await doneByTurn(10, 0)).to.deep.equal([3, 6, 9, 10]);
  });

  it('does more in a turn that is long anyway', async () => {
    // Half of the 6 ms of the pieces at once and the 40 ms of others; then half of 40 ms.
    expect(await doneByTurn(30, 40)).to.deep.equal([3, 15, 25, 30]);
  });

  it('goes on after a piece that throws, which is told', async () => {
    const pieces = [1, 2, 3, 4].map((number) =>
      slices.run(() => {
        nowMs += 5;
        if (number % 2 === 0) throw new RangeError(`${number}`);
      }),
    );
    const outcomes = await Promise.allSettled(pieces);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  });

  it('has time again in a later turn', async () => {
    let done = 0;
    for (let count = 1; count <= 3; count += 1) {
      void slices.run(() => {
        nowMs += 7;
        done += 1;
      });
      expect(done).to.equal(count);
      await nextTurn();
      await nextTurn();
    }
  });
});
