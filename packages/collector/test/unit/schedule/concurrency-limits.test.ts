import { expect } from 'chai';

import { concurrencyLimits, parseMaxOpenFiles } from '../../../src/schedule/concurrency-limits.ts';

describe('concurrencyLimits', () => {
  for (const files of [16, 64, 256, 1_024, 65_536, 1_048_576]) {
    it(`leaves file descriptors for others out of ${files}`, () => {
      const { maxInFlight, maxKeptConnections, maxCatchUp } = concurrencyLimits(files);
      expect(maxInFlight + maxKeptConnections).to.be.lessThan(files);
      expect(maxInFlight).to.be.within(1, 4_096);
      expect(maxCatchUp).to.be.within(1, maxInFlight);
    });
  }

  it('takes what is configured where it is less', () => {
    expect(concurrencyLimits(65_536, 10)).to.include({ maxInFlight: 10, maxCatchUp: 5 });
    expect(concurrencyLimits(64, 1_000).maxInFlight).to.equal(16);
  });
});

describe('parseMaxOpenFiles', () => {
  it('reads the soft limit', () => {
    const text =
      'Limit                     Soft Limit           Hard Limit           Units\nMax open files            256                  4096                 files\n';
    expect(parseMaxOpenFiles(text)).to.equal(256);
  });

  it('takes a usual value where there is nothing to read', () => {
    expect(parseMaxOpenFiles('')).to.equal(1_024);
  });
});
