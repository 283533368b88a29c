import { expect } from 'chai';

import * as exported from '../../src/index.ts';

describe('the package', () => {
  it('exports what its README names, and nothing else', () => {
    expect(Object.keys(exported).sort()).to.deep.equal(['ExitCode', 'runCli']);
  });

  it('keeps the numbers of the exit codes', () => {
    expect(exported.ExitCode).to.deep.equal({
      Good: 0,
      NotAsItShouldBe: 1,
      WrongUsage: 2,
      Unreachable: 3,
      Interrupted: 130,
    });
  });
});
