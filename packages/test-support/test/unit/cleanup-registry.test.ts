import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

/** Runs mocha on a fixture, in a process of its own and with this repository's settings. */
function runMocha(fixture: string, env: NodeJS.ProcessEnv = {}): { status: number | null; output: string } {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const file = `packages/test-support/test/fixtures/${fixture}.fixture.ts`;
  const child = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', file], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PULSEKEEPER_TEST_TIME_FACTOR: '1', ...env },
  });
  return { status: child.status, output: child.stdout + child.stderr };
}

describe('the mocha hooks', () => {
  it('undo what a test started after the test, and what a before hook started after its outermost suite', () => {
    const { status, output } = runMocha('scopes');
    expect(output.match(/^\[.*\]$/gm)).to.deep.equal([
      '[first test]',
      '[cleaned test resource]',
      '[second test]',
      '[after hook of the suite]',
      '[cleaned inner suite resource]',
      '[cleaned suite resource]',
      '[next suite]',
      '[cleaned resource of the file]',
    ]);
    expect(status).to.equal(0);
  }).timeout(20_000);

  it('show the logs of what lives when a test fails', () => {
    const { status, output } = runMocha('failing');
    expect(output).to.contain('--- some server, at the failure of "a suite fails"\nits last words');
    expect(status).to.equal(1);
  }).timeout(20_000);

  it('fail a run in which a promise is rejected with nobody listening, even after the last test', () => {
    const { status } = runMocha('floating-rejection');
    expect(status).to.not.equal(0);
  }).timeout(20_000);

  it('multiply the timeouts of tests and hooks by the time factor', () => {
    expect(runMocha('slow').status).to.equal(2);
    expect(runMocha('slow', { PULSEKEEPER_TEST_TIME_FACTOR: '20' }).status).to.equal(0);
  }).timeout(20_000);
});
