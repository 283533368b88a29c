import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { takeRunLock } from '../../../scripts/local-cluster/run-lock.ts';

describe('takeRunLock', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-lock-'));
    path = join(folder, 'deep/lock');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets in one at a time', () => {
    const release = takeRunLock(path);
    expect(() => takeRunLock(path)).to.throw(`runs here already (process ${process.pid})`);
    release();
    takeRunLock(path)();
  });

  it('takes over the lock of a process that is gone', () => {
    takeRunLock(path)();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(path, `${gone}\n`);
    takeRunLock(path)();
  });
});
