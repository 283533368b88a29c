import { expect } from 'chai';

import type { CollectorFigures } from '../../../scripts/local-cluster/cluster-figures.ts';
import { renderStatus, summarizeStatus, type StatusFrame } from '../../../scripts/local-cluster/render-status.ts';

const collector = (id: string, targets: number, missed: number): CollectorFigures => ({
  id,
  state: 'active',
  targets,
  expected: 100,
  written: 100 - missed,
  failed: 0,
  missed,
  samplesPerSecond: 250.4,
});

const frame: StatusFrame = {
  runningSeconds: 12,
  figures: {
    collectors: [collector('collector-1', 4, 0), collector('collector-2', 13, 1)],
    services: 4,
    targets: 17,
    targetsUp: 16,
    errors: ['12:00:00 shop/a: timeout: no answer in 1s'],
  },
  problems: [],
};

describe('renderStatus', () => {
  it('shows a row a collector, their sums, and the last errors', () => {
    expect(renderStatus({ ...frame, leftSeconds: 48 })).to.deep.equal([
      'Pulsekeeper local cluster, running for 12 s, 48 s left',
      '17 targets of 4 services, 16 up',
      '',
      'collector    state   targets  expected  written  failed  missed  samples/s',
      'collector-1  active        4       100      100       0       0        250',
      'collector-2  active       13       100       99       0       1        250',
      'all                       17       200      199       0       1        501',
      '',
      'last errors:',
      '  12:00:00 shop/a: timeout: no answer in 1s',
    ]);
  });

  it('cuts a long list of errors and says so', () => {
    const errors = ['1', '2', '3', '4', '5', '6', '7'];
    const lines = renderStatus({ ...frame, figures: { ...frame.figures, errors } });
    expect(lines.slice(-2)).to.deep.equal(['  5', '  and 2 more']);
  });
});

describe('summarizeStatus', () => {
  it('says the same in one line', () => {
    expect(summarizeStatus({ ...frame, problems: ['collector-2 has ended'] })).to.equal(
      '12 s: 2 collectors, 16 of 17 targets up, slots 200 expected, 199 written, 0 failed, 1 missed, 501 samples/s, ' +
        'last error: collector-2 has ended',
    );
  });
});
