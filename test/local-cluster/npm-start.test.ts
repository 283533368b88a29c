import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');

describe('npm start', function () {
  this.timeout(90_000);
  let folder: string;
  /** Where the programs would leave temporary files. */
  let temporary: string;
  let running: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-start-'));
    temporary = mkdtempSync(join(tmpdir(), 'pulsekeeper-start-tmp-'));
  });

  afterEach(async () => {
    if (running?.exitCode === null && running.signalCode === null) {
      running.kill('SIGKILL');
      await once(running, 'exit');
    }
    for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true });
  });

  function start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): { output: () => string; ended: Promise<number> } {
    const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
      cwd: ROOT,
      env: { ...process.env, PULSEKEEPER_LOCAL_FOLDER: folder, TMPDIR: temporary, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    return { output: () => text, ended: once(child, 'close').then(([code]) => code as number) };
  }

  /** The processes that were started with this test's folder, whoever their parent is now. */
  function processesLeft(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => readQuietly(`/proc/${pid}/environ`).includes(`PULSEKEEPER_LOCAL_FOLDER=${folder}`))
      .map((pid) => `${pid} ${readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
  }

  it('runs a cluster for a time, reads its slots back from Redis, and leaves no process and no file behind', async () => {
    const { output, ended } = start(['--for', '10s']);
    const code = await ended;
    expect(output()).to.match(/slots\s+\d+ expected, \d+ written, 0 failed, 0 missed, 0 doubled/);
    expect(code).to.equal(0);
    expect(processesLeft()).to.deep.equal([]);
    expect(existsSync(join(folder, 'env'))).to.equal(false);
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it('stops everything on Ctrl-C', async () => {
    const { output, ended } = start([]);
    await eventually(() => output().includes('The cluster is up'), { timeoutMs: 45_000, intervalMs: 100 });
    expect(readFileSync(join(folder, 'env'), 'utf8')).to.match(/^PULSEKEEPER_ZOOKEEPER=.*\nPULSEKEEPER_REDIS=redis:/);
    running?.kill('SIGINT');
    expect(await ended).to.equal(0);
    expect(processesLeft()).to.deep.equal([]);
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it('says by its exit status that a run for a time was interrupted, and not judged', async () => {
    const { output, ended } = start(['--for', '5m']);
    await eventually(() => output().includes('starting ZooKeeper'), { timeoutMs: 45_000, intervalMs: 20 });
    running?.kill('SIGINT');
    expect(await ended).to.equal(130);
    expect(output()).to.contain('the slots are not judged');
    expect(processesLeft()).to.deep.equal([]);
  });

  it('says in one line which given server it cannot reach', async () => {
    const { output, ended } = start([], { PULSEKEEPER_REDIS: 'redis://:secret@127.0.0.1:1' });
    expect(await ended).to.equal(3);
    const errors = output()
      .split('\n')
      .filter((line) => line.startsWith('pulsekeeper: '));
    expect(errors).to.have.length(1);
    expect(errors[0]).to.contain('cannot reach Redis at redis://***@127.0.0.1:1');
    expect(processesLeft()).to.deep.equal([]);
  });

  it('refuses a wrong option before it does anything', async () => {
    const { output, ended } = start(['--for', 'ever']);
    expect(await ended).to.equal(2);
    expect(output()).to.contain('--for is "ever"');
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process is gone, or is not ours.
  }
}
