import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { formatCounts, sumCounts } from '../../../scripts/testing/test-counts.mjs';
import { GROUPS, testFilesOf } from '../../../scripts/testing/test-groups.mjs';

describe('testFilesOf', () => {
  let root: string;
  const files = [
    'packages/a/test/unit/one.test.ts',
    'packages/a/test/integration/two.test.ts',
    'packages/b/test/three.test.ts',
    'test/unit/four.test.ts',
    'test/faults/five.test.ts',
  ];

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'pulsekeeper-groups-'));
    for (const path of [...files, 'packages/a/test/fixtures/not-a-test.ts']) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), '');
    }
  });

  after(() => rmSync(root, { recursive: true }));

  it('puts every test file into exactly one group', () => {
    expect(GROUPS.flatMap((group) => testFilesOf(root, group)).sort()).to.deep.equal([...files].sort());
    expect(testFilesOf(root, 'integration')).to.deep.equal([files[1], files[2]]);
  });

  it('can be narrowed to packages', () => {
    expect(GROUPS.flatMap((group) => testFilesOf(root, group, ['b']))).to.deep.equal([files[2]]);
  });
});

describe('formatCounts', () => {
  it('sums up, and names skipped tests only where there are some', () => {
    const counts = sumCounts([
      { passed: 2, failed: 0, skipped: 0 },
      { passed: 3, failed: 1, skipped: 0 },
    ]);
    expect(formatCounts(counts)).to.equal('5 passed, 1 failed');
    expect(formatCounts({ ...counts, skipped: 4 })).to.equal('5 passed, 1 failed, 4 skipped');
  });
});
