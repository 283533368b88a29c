import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { failureOf, formatCounts, formatFailures, sumCounts } from '../../../scripts/testing/test-counts.mjs';
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
      { passed: 2, failed: 0, skipped: 0, failures: [] },
      { passed: 3, failed: 0, skipped: 0, failures: [] },
      failureOf('lint', 'no'),
    ]);
    expect(formatCounts(counts)).to.equal('5 passed, 1 failed');
    expect(formatCounts({ ...counts, skipped: 4 })).to.equal('5 passed, 1 failed, 4 skipped');
  });
});

describe('formatFailures', () => {
  it('lists what failed, with the beginning of a long reason', () => {
    const long = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join('\n');
    const text = formatFailures([...failureOf('lint', 'no').failures, ...failureOf('a test', long).failures]);
    expect(text).to.match(/^\n=== failed:\n\n1\) lint\n {3}no\n\n2\) a test\n {3}line 1\n/);
    expect(text).to.contain('line 60\n   …').and.not.contain('line 61');
  });

  it('is empty where nothing failed', () => expect(formatFailures([])).to.equal(''));
});
