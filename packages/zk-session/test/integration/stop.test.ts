import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { eventually, freePort, startZooKeeper, timeFactor, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import {
  makeSession,
  newChroot,
  recordStates,
  startSession,
  startSilentServer,
  untilGone,
  untilState,
} from './session-harness.ts';
import { startUnreachableListener } from './unreachable-listener.ts';

const EMPTY = new Uint8Array();
const program = fileURLToPath(new URL('stopping-program.ts', import.meta.url));

/** Runs the program to its end; what it printed, and how long after its last line it was gone. */
async function runProgram(...scenarios: string[]): Promise<{ output: string; endedAfterMs: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...scenarios], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.timeout(15_000 * timeFactor),
  });
  const exited = once(child, 'exit');
  let output = '';
  let printedAtMs = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    printedAtMs = performance.now();
  });
  const [code] = (await exited) as [number | null];
  const endedAfterMs = performance.now() - printedAtMs;
  expect(code, output).to.equal(0);
  return { output, endedAfterMs };
}

describe('stopping a session', function () {
  this.timeout(30_000 * timeFactor);
  let server: ZooKeeperServer;
  before(async () => {
    server = await startZooKeeper();
  });

  it('takes less than 2 s in every state, and lets the process exit by itself', async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const silent = `127.0.0.1:${(await startSilentServer()).port}`;
    const unreachable = `127.0.0.1:${(await startUnreachableListener()).port}`;
    const scenarios = [
      `never-started=${nowhere}`,
      `start-and-stop=${server.connectString}`,
      `connecting=${nowhere}`,
      `connecting=${silent}`,
      `connecting=${unreachable}`,
      `start-fails=${nowhere}`,
      `connected=${server.connectString}`,
      `stalled=${server.connectString}`,
      `suspended=${server.connectString}`,
      `lost=${server.connectString}`,
      // Last: its session is not stopped at all.
      `unref=${server.connectString}`,
    ];
    const { output, endedAfterMs } = await runProgram(...scenarios);
    const reports = [...output.matchAll(/^(\S+): stopped after (\d+) ms, left: (.*)$/gm)];
    expect(reports.map(([, scenario]) => scenario)).to.deep.equal(scenarios.map((each) => each.split('=', 1)[0]));
    for (const [line, , stopMs, left] of reports) {
      expect(Number(stopMs), line).to.be.below(2000 * timeFactor);
      expect(left, line).to.equal('');
    }
    expect(endedAfterMs, 'until the process was gone').to.be.below(1000 * timeFactor);
  });

  it('removes its ephemerals at once', async () => {
    const connectString = `${server.connectString}${newChroot()}`;
    const observer = await startSession({ connectString, sessionTimeoutMs: 10_000 });
    const session = await startSession({ connectString, sessionTimeoutMs: 10_000 });
    await session.create('/e', EMPTY, { ephemeral: true });
    const startedAtMs = performance.now();
    await session.stop();
    expect((await untilGone(observer, '/e')) - startedAtMs).to.be.below(500 * timeFactor);
  });

  it('is one promise for all callers, closes for good, and says why', async () => {
    const session = await startSession({ connectString: server.connectString });
    const states = recordStates(session);
    expect(session.stop()).to.equal(session.stop());
    expect(session[Symbol.asyncDispose]()).to.equal(session.stop());
    await session.stop();
    expect(await session.closed).to.equal(undefined);
    expect(states.map(({ kind }) => kind)).to.deep.equal(['closed']);
    expect(session.lease.isHeld()).to.equal(false);
    const failed: unknown = await session.getData('/').catch((error: unknown) => error);
    expect(failed).to.include({ code: 'Closed', retryable: false });
    const never = makeSession({ connectString: server.connectString });
    await never.stop();
    const refused: unknown = await never.start().catch((error: unknown) => error);
    expect(refused).to.include({ code: 'Closed' });
  });

  it('fails what is on the wire and what waits, and aborts setups', async () => {
    const session = await startSession({ connectString: server.connectString });
    let aborted: unknown;
    let isRunning = false;
    session.addSetup(
      ({ signal }) =>
        new Promise((resolve) => {
          isRunning = true;
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            resolve();
          });
        }),
    );
    await eventually(() => isRunning);
    const reads = Array.from({ length: 1000 }, () => session.getData('/').catch((error: unknown) => error));
    await session.stop();
    for (const end of await Promise.all(reads)) expect(end).to.include({ code: 'Closed' });
    expect(session.pendingOperations).to.equal(0);
    expect(aborted).to.include({ code: 'Closed' });
  });

  it('ends the iteration over its states', async () => {
    const session = makeSession({ connectString: server.connectString });
    const seen: string[] = [];
    const iterated = (async () => {
      for await (const state of session.states()) seen.push(state.kind);
    })();
    await session.start();
    await session.stop();
    await iterated;
    expect(seen).to.deep.equal(['connecting', 'connected', 'closed']);
    expect(session.listenerCount('state')).to.equal(0);
  });

  it('may be asked for from within a state listener, and a listener that throws harms nobody', async () => {
    const session = makeSession({ connectString: server.connectString });
    session.on('state', () => {
      throw new Error('broken listener');
    });
    session.on('state', (state) => {
      if (state.kind === 'connected') void session.stop();
    });
    let setups = 0;
    session.addSetup(() => void (setups += 1));
    await session.start().catch(() => undefined);
    await untilState(session, 'closed');
    await session.closed;
    expect(setups).to.equal(0);
  });
});
