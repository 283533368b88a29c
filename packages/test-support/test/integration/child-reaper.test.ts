import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { eventually } from '../../src/eventually.ts';
import { findExecutable } from '../../src/require-servers.ts';

/** Starts a process that starts a Redis server and prints that one's process id. */
async function startParent(): Promise<{ parent: ReturnType<typeof spawn>; serverPid: number }> {
  const fixture = fileURLToPath(new URL('../fixtures/starts-redis.fixture.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--import', 'tsx', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  return { parent, serverPid: Number(text.toString()) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: it is gone.
  }
}

describe('the servers of a process', function () {
  this.timeout(20_000);

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`end when it is ended by ${signal}`, async function () {
      if (signal === 'SIGKILL' && findExecutable('setpriv') === undefined) this.skip();
      const { parent, serverPid } = await startParent();
      expect(isAlive(serverPid)).to.equal(true);
      parent.kill(signal);
      const [, endedBy] = (await once(parent, 'exit')) as [number | null, string | null];
      expect(endedBy).to.equal(signal);
      await eventually(() => !isAlive(serverPid));
    });
  }
});
