import { expect } from 'chai';
import { SampleFailures } from '../../../src/timeseries/sample-failures.ts';

describe('SampleFailures', () => {
  const owners = [
    { owner: 'a', at: 0 },
    { owner: 'b', at: 3 },
  ];

  it('finds none where all samples were taken', () => {
    const failures = new SampleFailures([1, 1, 1, 1], owners);
    expect(failures).to.deep.include({ count: 0, expired: 0, missing: [], refused: [] });
  });

  it('tells samples without a key by their owners, those too old, those refused', () => {
    const failures = new SampleFailures(
      [
        new Error('ERR TSDB: the key does not exist'),
        1,
        new Error('ERR TSDB: Timestamp is older than retention'),
        new Error('ERR TSDB: the key is not a TSDB key'),
        new Error('ERR TSDB: the key is not a TSDB key'),
        new Error('NOPERM no permissions to access a key'),
      ],
      owners,
    );
    expect(failures.count).to.equal(5);
    expect(failures.expired).to.equal(1);
    expect(failures.missing).to.deep.equal([
      { owner: 'a', places: [0], message: 'ERR TSDB: the key does not exist' },
      { owner: 'b', places: [3, 4], message: 'ERR TSDB: the key is not a TSDB key' },
    ]);
    expect(failures.refused).to.deep.equal([
      { owner: 'b', places: [5], message: 'NOPERM no permissions to access a key' },
    ]);
  });

  it('takes another sample at the same time for the one that stands', () => {
    const message = 'ERR TSDB: Error at upsert, update is not supported when DUPLICATE_POLICY is set to BLOCK mode';
    expect(new SampleFailures([new Error(message)], owners).count).to.equal(0);
  });
});
