import { expect } from 'chai';

import { readHistogram, sumHistograms } from '../../src/metric-histogram.ts';

function page(...below: number[]): string {
  const bounds = ['0.05', '0.25', '+Inf'];
  return [
    '# TYPE lag_seconds histogram',
    'other_seconds_bucket{le="0.05"} 99',
    ...below.map((count, index) => `lag_seconds_bucket{le="${bounds[index]}"} ${count}`),
    'lag_seconds_sum 7',
    '',
  ].join('\n');
}

const read = (...below: number[]) => readHistogram(page(...below), 'lag_seconds');

describe('readHistogram', () => {
  it('tells the bound that a quantile does not exceed', () => {
    const { count, quantile } = read(99, 100, 100);
    expect(count).to.equal(100);
    expect([quantile(0.5), quantile(0.99), quantile(0.991), quantile(1)]).to.deep.equal([0.05, 0.05, 0.25, 0.25]);
    expect(read(0, 0, 1).quantile(1)).to.equal(Infinity);
  });

  it('tells what was gained since an earlier look', () => {
    const { count, quantile } = read(110, 130, 130).since(read(100, 100, 101));
    expect(count).to.equal(29);
    expect(quantile(1)).to.equal(0.25);
  });

  it('is empty for a page without it, and for no time at all', () => {
    expect(readHistogram('', 'lag_seconds').count).to.equal(0);
    expect(
      read(5, 5, 5)
        .since(read(5, 5, 5))
        .quantile(0.99),
    ).to.equal(0);
  });
});

describe('sumHistograms', () => {
  it('has all their values', () => {
    const { count, quantile } = sumHistograms([read(1, 2, 2), read(3, 3, 4)]);
    expect(count).to.equal(6);
    expect([quantile(0.5), quantile(0.8), quantile(1)]).to.deep.equal([0.05, 0.25, Infinity]);
    expect(sumHistograms([]).count).to.equal(0);
  });
});
