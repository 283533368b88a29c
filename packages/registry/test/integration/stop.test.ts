import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { useZooKeeper } from './sessions.ts';
import type { StopReport } from './stop-report.ts';

const program = fileURLToPath(new URL('stopping-program.ts', import.meta.url));

/** The state of the session, how what was waiting ends, and how many setups stay in it to withdraw a node later. */
const EXPECTED: Record<string, Pick<StopReport, 'state' | 'ends' | 'setups'>> = {
  'never started': { state: 'connecting', ends: [], setups: 0 },
  connecting: { state: 'connecting', ends: ['Closed', 'resolved', 'Closed', 'Closed'], setups: 2 },
  connected: { state: 'connected', ends: [], setups: 0 },
  'a name that is taken': {
    state: 'connected',
    ends: ['resolved', 'resolved', 'NameTaken', 'resolved', 'Closed', 'resolved'],
    setups: 0,
  },
  suspended: { state: 'suspended', ends: ['Closed'], setups: 2 },
  lost: { state: 'lost', ends: [], setups: 2 },
  'in flight': { state: 'connected', ends: ['resolved', 'Closed', 'Closed', 'resolved'], setups: 3 },
  'session closed': { state: 'closed', ends: [], setups: 2 },
};

describe('stopping a directory, a watcher of instances and registrations', function () {
  this.timeout(40_000);
  const { server } = useZooKeeper();

  it('takes less than 2 s in every state, leaves no listener and no timer, and lets the process exit by itself', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, String(server().port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      signal: AbortSignal.timeout(35_000 * timeFactor),
    });
    const exited = once(child, 'exit');
    const reports: StopReport[] = [];
    let printedAtMs = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      reports.push(JSON.parse(line) as StopReport);
      printedAtMs = performance.now();
    }
    const [code] = (await exited) as [number | null];
    expect(code).to.equal(0);
    expect(performance.now() - printedAtMs, 'until the process was gone').to.be.below(1000 * timeFactor);
    expect(reports.map(({ scenario }) => scenario)).to.deep.equal(Object.keys(EXPECTED));
    for (const { scenario, stopMs, state, ends, setups, pending, ...rest } of reports) {
      expect({ state, ends, setups }, scenario).to.deep.equal(EXPECTED[scenario]);
      expect(Object.keys(stopMs), scenario).to.deep.equal(['directory', 'watcher', 'registration', 'membership']);
      for (const [part, ms] of Object.entries(stopMs)) {
        expect(ms, `${scenario}: ${part}`).to.be.below(2000 * timeFactor);
      }
      // Where the session does not know yet that its link is dead, each setup that withdraws has begun to.
      expect(pending, scenario).to.equal(state === 'connected' ? setups : 0);
      expect(rest, scenario).to.deep.equal({ listeners: 0, left: [] });
    }
    const slowest = reports.flatMap(({ scenario, stopMs }) =>
      Object.entries(stopMs).map(([part, ms]) => ({ ms, what: `${part}, ${scenario}` })),
    );
    const { ms, what } = slowest.reduce((most, each) => (each.ms > most.ms ? each : most));
    console.log(`      the slowest took ${ms} ms: ${what}`);
  });
});
