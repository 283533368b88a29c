/**
 * Collectors whose clocks are wrong, on real servers: 2 s ahead and 2 s behind through joins and leaves, and set by an
 * hour while they run. The targets' own count of requests tells the cadence; the store tells which slots are there.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { readMetrics } from '../support/collector-pages.ts';
import { FaultCluster } from '../support/fault-cluster.ts';
import { requestGaps } from '../support/request-gaps.ts';
import { runCli } from '../support/run-cli.ts';
import { ShiftedClocks } from '../support/shifted-clocks.ts';

const INTERVAL_MS = 5_000;
const HOUR_MS = 3_600_000;

describe('slots when clocks are wrong: 3 collectors, 60 targets, interval 5 s, session timeout 2 s', function () {
  this.timeout(120_000);
  let cluster: FaultCluster;
  let clocks: ShiftedClocks;

  before(async () => {
    clocks = new ShiftedClocks();
    clocks.set('c2', 2_000);
    clocks.set('c3', -2_000);
    cluster = await FaultCluster.start({
      collectors: 3,
      targets: 60,
      intervalMs: INTERVAL_MS,
      sessionTimeoutMs: 2_000,
      env: clocks.env,
    });
  });

  after(async () => {
    await cluster.stop();
    clocks.remove();
  });

  it('set forwards and back by an hour while the collector runs, it changes no cadence', async () => {
    const fromMs = Date.now();
    const audit = await cluster.audit(
      'clock set by +1 h, then −1 h',
      async () => {
        clocks.set('c1', HOUR_MS);
        await sleep(INTERVAL_MS);
        clocks.set('c1', -HOUR_MS);
        await sleep(INTERVAL_MS);
        clocks.set('c1', 0);
      },
      { tailIntervals: 1 },
    );
    expect(audit.missingSlots).to.deep.equal([]);
    expect(audit.doubled).to.equal(0);
    const gaps = requestGaps(await cluster.ledger.ledger(), fromMs, Date.now());
    console.log(`      between two requests: ${gaps.shortestMs} to ${gaps.longestMs} ms`);
    expect(gaps.longestMs).to.be.at.most(1.1 * INTERVAL_MS);
    expect(gaps.shortestMs).to.be.at.least(0.9 * INTERVAL_MS);
  });

  it('2 s ahead and 2 s behind, collectors leave and join, and no slot is missing or doubled', async () => {
    const audit = await cluster.audit(
      'joins and leaves with clocks 4 s apart',
      async () => {
        for (const collector of cluster.collectors.values()) {
          expect(await collector.leave()).to.equal(0);
          await collector.restart();
        }
      },
      { tailIntervals: 1 },
    );
    expect(audit.missingSlots).to.deep.equal([]);
    expect(audit.doubled).to.equal(0);
    expect(audit.requestedTwice).to.equal(0);
    expect(audit.written).to.equal(audit.expected);
  });

  it('tells the skew as a metric and warns of it in the status beyond a tenth of the smallest interval', async () => {
    const skewOf = async (id: string): Promise<number> =>
      (await readMetrics(cluster.collector(id))).get('pulsekeeper_clock_skew_seconds') ?? NaN;
    expect(await skewOf('c1')).to.be.closeTo(0, 0.25);
    expect(await skewOf('c2')).to.be.closeTo(2, 0.25);
    expect(await skewOf('c3')).to.be.closeTo(-2, 0.25);
    const warnings = await eventually(async () => {
      const { json } = await runCli<{ problems: { text: string }[] }>(cluster, 'status');
      const found = json.problems.map(({ text }) => text).filter((text) => text.startsWith('the clock of'));
      expect(found).to.have.length(2);
      return found;
    });
    // To the tenth of a second: the clocks of a busy machine are not read at the same instant.
    expect(warnings[0]).to.match(/^the clock of c2 is (1\.9|2)[.\d]* s off Redis's, more than 0\.5 s$/);
    expect(warnings[1]).to.match(/^the clock of c3 is -(1\.9|2)[.\d]* s off/);
  });
});
