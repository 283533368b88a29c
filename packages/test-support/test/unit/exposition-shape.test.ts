import { expect } from 'chai';

import { renderExpositionShape } from '../../src/exposition-shape.ts';

describe('renderExpositionShape', () => {
  for (const series of [1, 50, 1_000]) {
    it(`renders exactly ${series} series in each body, without a duplicate`, () => {
      const { bodies } = renderExpositionShape({ series, variants: 3, seed: 1 });
      for (const body of bodies) {
        const keys = body
          .toString()
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'));
        expect(keys).to.have.length(series);
        expect(new Set(keys.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).to.equal(series);
      }
    });
  }

  it('changes about 35 % of the values from one body to the next', () => {
    const { changedFraction } = renderExpositionShape({ series: 1_000, variants: 20, seed: 3 });
    expect(changedFraction).to.be.within(0.3, 0.4);
  });

  it('gives the same bytes for the same seed and others for another', () => {
    const [first, same, other] = [5, 5, 6].map((seed) => renderExpositionShape({ series: 100, variants: 4, seed }));
    expect(Buffer.concat(same!.bodies).equals(Buffer.concat(first!.bodies))).to.equal(true);
    expect(Buffer.concat(other!.bodies).equals(Buffer.concat(first!.bodies))).to.equal(false);
  });
});
