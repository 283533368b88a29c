import { expect } from 'chai';
import fc from 'fast-check';

import { LinkedQueue } from '../../src/linked-queue.ts';

describe('LinkedQueue', () => {
  it('behaves like an array', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('push', 'unshift', 'shift')), (steps) => {
        const queue = new LinkedQueue<number>();
        const model: number[] = [];
        for (const [value, step] of steps.entries()) {
          if (step === 'shift') {
            expect(queue.shift()).to.equal(model.shift());
          } else {
            queue[step](value);
            model[step](value);
          }
          expect(queue.isEmpty).to.equal(model.length === 0);
        }
      }),
    );
  });
});
