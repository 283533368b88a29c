import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { withoutServiceStarts } from '../../../scripts/bootstrap/without-service-starts.mjs';

const MODULE = join(import.meta.dirname, '../../../scripts/bootstrap/without-service-starts.mjs');

describe('withoutServiceStarts', function () {
  this.timeout(20_000);
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-policy-'));
    path = join(folder, 'policy-rc.d');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** A process within the action, which ends when its signal aborts, or never. */
  async function within(action: 'ends' | 'stays' | 'exits'): Promise<ChildProcess> {
    const program = `
      import { withoutServiceStarts } from ${JSON.stringify(MODULE)};
      const keep = setInterval(() => undefined, 1000);
      await withoutServiceStarts((signal) => {
        console.log('within');
        if (${JSON.stringify(action)} === 'exits') process.exit(3);
        if (${JSON.stringify(action)} === 'stays') signal.addEventListener('abort', () => console.log('aborted'));
        else return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return new Promise(() => undefined);
      }, ${JSON.stringify(path)}).finally(() => clearInterval(keep));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    return child;
  }

  it('has the policy in place during the action, and takes it away after', async () => {
    const policy = await withoutServiceStarts(() => Promise.resolve(readFileSync(path, 'utf8')), path);
    expect(policy).to.match(/^#!\/bin\/sh\n# Made by Pulsekeeper .*\nexit 101\n$/);
    expect(existsSync(path)).to.equal(false);
    const failure = new Error('apt-get failed');
    expect(await withoutServiceStarts(() => Promise.reject(failure), path).catch((error: unknown) => error)).to.equal(
      failure,
    );
    expect(existsSync(path)).to.equal(false);
  });

  it('leaves a policy of the machine alone, and takes one away that an earlier run of ours left', async () => {
    writeFileSync(path, '#!/bin/sh\nexit 101\n');
    await withoutServiceStarts(() => Promise.resolve(), path);
    expect(readFileSync(path, 'utf8')).to.equal('#!/bin/sh\nexit 101\n');
    rmSync(path);
    const ours = await withoutServiceStarts(() => Promise.resolve(readFileSync(path, 'utf8')), path);
    writeFileSync(path, ours);
    await withoutServiceStarts(() => Promise.resolve(), path);
    expect(existsSync(path)).to.equal(false);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`leaves nothing behind upon ${signal}, which then takes its course`, async () => {
      const child = await within('ends');
      const exited = once(child, 'exit');
      child.kill(signal);
      expect(await exited).to.deep.equal([null, signal]);
      expect(existsSync(path)).to.equal(false);
    });
  }

  it('leaves nothing behind upon a second signal while the action goes on, nor when the process exits', async () => {
    const child = await within('stays');
    child.kill('SIGINT');
    if (child.stdout !== null) await once(child.stdout, 'data');
    expect(existsSync(path)).to.equal(true);
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).to.deep.equal([130, null]);
    expect(existsSync(path)).to.equal(false);

    const exiting = await within('exits');
    if (exiting.exitCode === null) await once(exiting, 'exit');
    expect(existsSync(path)).to.equal(false);
  });
});
