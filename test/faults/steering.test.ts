/**
 * What an operator does to a cluster and sees of it, through the real `pulsekeeper`: capacity, agreement on the ring,
 * draining, and the account of slots.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { atFullLength, eventually, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { readMetrics, readStatus, readTargets } from '../support/collector-pages.ts';
import { CollectorProcess } from '../support/collector-process.ts';
import { expectExact } from '../support/expect-exact.ts';
import { FaultCluster } from '../support/fault-cluster.ts';
import { runCli } from '../support/run-cli.ts';

const INTERVAL_MS = 5_000;
const SESSION_TIMEOUT_MS = 2_000;
const TARGETS = 140;
const CAPACITIES = { c1: 1, c2: 2, c3: 4 };
const DRAIN_TIMEOUT_MS = 4_000;
/** Less than a third of the session timeout, less than it, and more. */
const STOPS_MS = [600, 1_200, 5_000, ...atFullLength([20_000], [])];

interface StatusAnswer {
  readonly ring: { readonly version: string; readonly agreed: boolean };
  readonly collectors: readonly { readonly collector: string; readonly state: string; readonly targets: number }[];
  readonly problems: readonly { readonly severity: string; readonly text: string }[];
}

/** Slots that were expected and of which no end is counted. */
function unaccounted(slots: Readonly<Record<string, number>>): number {
  const { expected = NaN, written = NaN, missed = NaN, doubled = NaN, dropped = NaN } = slots;
  return expected - written - missed - doubled - dropped;
}

describe('a steered cluster: collectors of capacity 1, 2 and 4, 140 targets, interval 5 s', function () {
  this.timeout(120_000);
  let cluster: FaultCluster;

  before(async () => {
    cluster = await FaultCluster.start({
      collectors: 1,
      targets: TARGETS,
      intervalMs: INTERVAL_MS,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      env: { PULSEKEEPER_DRAIN_TIMEOUT: `${DRAIN_TIMEOUT_MS}ms` },
    });
    await Promise.all(
      (['c2', 'c3'] as const).map(async (id) => {
        const collector = await CollectorProcess.start({
          id,
          zookeeper: `${cluster.ensemble.connectString}/pulsekeeper`,
          redis: cluster.redis.url,
          env: {
            PULSEKEEPER_SESSION_TIMEOUT: `${SESSION_TIMEOUT_MS}ms`,
            PULSEKEEPER_CAPACITY: `${CAPACITIES[id]}`,
            PULSEKEEPER_DRAIN_TIMEOUT: `${DRAIN_TIMEOUT_MS}ms`,
          },
        });
        cluster.collectors.set(id, collector);
      }),
    );
  });

  after(async () => {
    await cluster.stop();
  });

  /** Waits until everybody works by the ring that ZooKeeper's names give, and answers what the status says then. */
  async function agreedStatus(members: number): Promise<StatusAnswer> {
    return eventually(
      async () => {
        const { json } = await runCli<StatusAnswer>(cluster, 'status');
        const active = json.collectors.filter(({ state }) => state === 'active');
        expect(active, JSON.stringify(json.collectors)).to.have.length(members);
        expect(json.ring.agreed, JSON.stringify(json.problems)).to.equal(true);
        return json;
      },
      { timeoutMs: 20_000, intervalMs: 250 },
    );
  }

  it('gives each collector targets by its capacity, and says that all work by the same ring', async () => {
    const { ring, collectors } = await agreedStatus(3);
    const total = collectors.reduce((sum, { targets }) => sum + targets, 0);
    expect(total).to.equal(TARGETS + 3);
    console.log(`      ${collectors.map(({ collector, targets }) => `${collector}: ${targets}`).join(', ')}`);
    for (const { collector, targets } of collectors) {
      const mean = (total * CAPACITIES[collector as keyof typeof CAPACITIES]) / 7;
      expect(targets, collector).to.be.within(1, Math.ceil(1.05 * mean));
      const page = await readStatus(cluster.collector(collector));
      expect(page.ring).to.equal(ring.version);
      expect(page.targets).to.equal(targets);
    }
  });

  it('drains a collector that is told to through ZooKeeper: it hands over, leaves by itself, and nothing is lost', async () => {
    const drained = cluster.collector('c3');
    const audit = await cluster.audit(
      '`pulsekeeper drain` of the largest',
      async () => {
        const { code, json } = await runCli<{ collector: string; outcome: string }>(cluster, 'drain', 'c3', '--wait');
        expect(code).to.equal(0);
        expect(json).to.deep.include({ collector: 'c3', outcome: 'gone' });
        await eventually(() => expect(drained.isRunning).to.equal(false));
        await drained.restart();
      },
      { tailIntervals: 1 },
    );
    expectExact(audit);
  });

  it('stops of the whole process shorter and longer than the session timeout miss and double nothing', async () => {
    const frozen = cluster.collector('c2');
    const { activeFromMs, stalls, slots } = await readStatus(frozen);
    const rejoinedMs: number[] = [];
    const audit = await cluster.audit(
      `SIGSTOP for ${STOPS_MS.join(', ')} ms`,
      async () => {
        for (const stopMs of STOPS_MS) {
          const frozenAtMs = Date.now();
          frozen.freeze();
          await sleep(stopMs);
          frozen.thaw();
          const thawedAtMs = Date.now();
          rejoinedMs.push((await cluster.rejoined(frozen)).partMs);
          if (stopMs <= SESSION_TIMEOUT_MS / 3) {
            expect((await readStatus(frozen)).activeFromMs, 'its session was kept').to.equal(activeFromMs);
          }
          // It makes good what it left: stopped again in the midst of that, many requests would be in flight.
          await eventually(
            async () => {
              expect((await readStatus(frozen)).isDemoted).to.equal(false);
              const { missingSlots } = await cluster.auditRange(cluster.registered, frozenAtMs, thawedAtMs);
              expect(missingSlots).to.deep.equal([]);
            },
            { timeoutMs: 10_000 },
          );
        }
      },
      { tailIntervals: 1 },
    );
    // What was in flight when the process stopped is requested again.
    expectExact(audit, 3);
    console.log(`      taking part again after ${rejoinedMs.join(', ')} ms`);
    for (const ms of rejoinedMs) expect(ms, 'until it takes part again').to.be.at.most(SESSION_TIMEOUT_MS * timeFactor);
    const after = await readStatus(frozen);
    expect(after.stalls - stalls, 'stalls noticed').to.be.at.least(2);
    expect(after.slots['written']! - slots['written']!).to.be.greaterThan(0);
  });

  it('keeps the last good view when ZooKeeper comes back without its data, until everybody is registered again', async () => {
    const { servers } = cluster.ensemble;
    const audit = await cluster.audit(
      'data of ZooKeeper wiped',
      async () => {
        await Promise.all(servers.map((server) => server.kill()));
        await Promise.all(servers.map((server) => server.restart({ wipe: true })));
        await eventually(
          async () => {
            const { json } = await runCli<{ health: string }[]>(cluster, 'targets');
            expect(json).to.have.length(TARGETS + 3);
          },
          { timeoutMs: 30_000, intervalMs: 500 },
        );
        await agreedStatus(3);
      },
      { tailIntervals: 1 },
    );
    expectExact(audit);
  });

  it('accounts for every slot: as metrics, in the status, and for each target', async () => {
    const collector = cluster.collector('c3');
    const page = await readTargets(collector);
    const metrics = await readMetrics(collector);
    const { slots } = await readStatus(collector);
    for (const { target, slots: ofTarget } of page) {
      // At most one is on its way.
      expect(unaccounted(ofTarget), target).to.be.within(0, 1);
    }
    expect(unaccounted(slots), 'all targets').to.be.within(0, page.length);
    for (const result of Object.keys(slots)) {
      const ofTargets = page.reduce((sum, target) => sum + (target.slots[result] ?? NaN), 0);
      expect(slots[result], `${result}, of all targets that it ever had`).to.be.at.least(ofTargets);
      expect(slots[result], result).to.be.at.least(metrics.get(`pulsekeeper_slots_total{result="${result}"}`) ?? NaN);
    }
  });

  it('gives draining up at its deadline when Redis does not take what is left', async () => {
    const leaver = cluster.collector('c2');
    cluster.redis.freeze();
    const sinceMs = Date.now();
    try {
      await leaver.leave();
    } finally {
      cluster.redis.thaw();
    }
    const tookMs = Date.now() - sinceMs;
    console.log(`      left after ${tookMs} ms, deadline ${DRAIN_TIMEOUT_MS} ms`);
    expect(tookMs).to.be.at.most(DRAIN_TIMEOUT_MS + 2_500 * timeFactor);
  });
});
