import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import * as ring from '../../src/index.ts';

describe('the package', () => {
  it('exports exactly this at run time; removing a name is a breaking change', () => {
    expect(Object.keys(ring).sort()).to.deep.equal([
      'DEFAULT_ASSIGN_OPTIONS',
      'MAX_CAPACITY',
      'MIN_CAPACITY',
      'assign',
      'clockwiseMembers',
      'movedTargets',
    ]);
  });

  it('has a README whose example gives what it says', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
    const printed: unknown[][] = [];
    const log = (...values: unknown[]): number => printed.push(values);
    runInNewContext(example.replace(/^import .*$/m, ''), { ...ring, console: { log } });
    const claimed = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(claimed).not.to.be.empty;
    expect(printed.map((values) => values.join(' '))).to.deep.equal(claimed);
  });
});
