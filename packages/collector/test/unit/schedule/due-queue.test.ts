import { expect } from 'chai';
import fc from 'fast-check';

import { DueQueue } from '../../../src/schedule/due-queue.ts';

describe('DueQueue', () => {
  it('hands out what is due, earliest first, and in the order of arrival within a moment', () => {
    const queue = new DueQueue<string>();
    queue.push(30, 'c');
    queue.push(10, 'a');
    queue.push(20, 'b1');
    queue.push(20, 'b2');
    expect(queue.nextDueMs).to.equal(10);
    expect(queue.popDue(20)).to.deep.equal(['a', 'b1', 'b2']);
    expect(queue.size).to.equal(1);
    expect(queue.popDue(29)).to.deep.equal([]);
    expect(queue.popDue(30)).to.deep.equal(['c']);
    expect(queue.nextDueMs).to.equal(undefined);
  });

  it('takes a moment again after it was emptied', () => {
    const queue = new DueQueue<number>();
    queue.push(10, 1);
    queue.popDue(10);
    queue.push(10, 2);
    expect(queue.popDue(10)).to.deep.equal([2]);
  });

  it('agrees with a sorted list whatever is pushed and popped', () => {
    const step = fc.record({
      due: fc.integer({ min: 0, max: 40 }),
      popUntil: fc.option(fc.integer({ min: 0, max: 40 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new DueQueue<number>();
        let list: { due: number; item: number }[] = [];
        steps.forEach(({ due, popUntil }, item) => {
          queue.push(due, item);
          list.push({ due, item });
          if (popUntil === null) return;
          const expected = list.filter((entry) => entry.due <= popUntil).sort((a, b) => a.due - b.due);
          list = list.filter((entry) => entry.due > popUntil);
          expect(queue.popDue(popUntil)).to.deep.equal(expected.map((entry) => entry.item));
          expect(queue.size).to.equal(list.length);
        });
      }),
    );
  });
});
