import { expect } from 'chai';

import { mapBounded } from '../../../src/cluster/map-bounded.ts';

describe('mapBounded', () => {
  it('keeps the order and the bound', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([5, 1, 3, 2, 4], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 10;
    });
    expect(results).to.deep.equal([50, 10, 30, 20, 40]);
    expect(most).to.equal(2);
  });

  it('begins nothing new after a failure, and throws it', async () => {
    const begun: number[] = [];
    const outcome = mapBounded([1, 2, 3, 4], 1, (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item);
    });
    await outcome.then(
      () => expect.fail('it resolved'),
      (error: unknown) => expect(error).to.have.property('message', 'two'),
    );
    expect(begun).to.deep.equal([1, 2]);
  });
});
