/**
 * What happens to the slots when collectors come, go, crash, hang or lose ZooKeeper: on three real ZooKeeper servers,
 * a real Redis and five collectors as processes of their own. Each case prints what it counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { atFullLength, eventually, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { readStatus, readTargets } from '../support/collector-pages.ts';
import type { CollectorProcess } from '../support/collector-process.ts';
import { expectExact, expectPrompt } from '../support/expect-exact.ts';
import { FaultCluster } from '../support/fault-cluster.ts';
import { runCli } from '../support/run-cli.ts';
import type { SlotAudit } from '../support/slot-audit.ts';

const INTERVAL_MS = 5_000;
const SESSION_TIMEOUT_MS = 2_000;
/** A target that registers while ZooKeeper is away. */
const LATE = 200;
/** For how long the whole ensemble is away. */
const OUTAGE_MS = atFullLength(300_000, 30_000);

/** What `pulsekeeper verify --json` says. */
interface VerifyAnswer {
  readonly expected: number;
  readonly written: number;
  readonly failed: number;
  readonly missing: number;
  readonly doubled: number;
  readonly targets: readonly {
    readonly target: string;
    readonly missingSlots: readonly { readonly first: string; readonly count: number }[];
  }[];
}

/** Slots of ledger targets that collectors count as missed, by collector and target. */
async function missedOf(collectors: readonly CollectorProcess[]): Promise<Map<string, number>> {
  const missed = new Map<string, number>();
  for (const collector of collectors) {
    for (const { target, slots } of await readTargets(collector)) {
      if (target.startsWith('ledger/')) missed.set(`${collector.id} ${target}`, slots['missed'] ?? NaN);
    }
  }
  return missed;
}

describe('slots under faults: 5 collectors, 200 targets, interval 5 s, session timeout 2 s', function () {
  this.timeout(180_000);
  let cluster: FaultCluster;
  /** When the collector was back whose slots had to be missed. */
  let completeFromMs: number | undefined;

  before(async () => {
    cluster = await FaultCluster.start({
      collectors: 5,
      targets: 200,
      spareTargets: 1_000,
      intervalMs: INTERVAL_MS,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
    });
  });

  after(async () => {
    await cluster.stop();
  });

  /** A change that is announced delays hardly a slot, and none by more than a second: no gap exceeds an interval by more. */
  function expectSmooth({ longestDelayMs }: SlotAudit): void {
    expect(longestDelayMs, 'longest delay').to.be.at.most(1_000 * timeFactor);
  }

  /** The longest that a slot of one that died waited for another collector. */
  function expectTakenOver({ longestDelayMs }: SlotAudit): void {
    expect(longestDelayMs, 'longest take-over').to.be.at.most((SESSION_TIMEOUT_MS + 1_000) * timeFactor);
  }

  it('a collector leaves in order', async () => {
    const audit = await cluster.audit('graceful leave', async () => {
      expect(await cluster.collector('c5').leave()).to.equal(0);
    });
    expectExact(audit);
    expectSmooth(audit);
  });

  it('a collector joins', async () => {
    const audit = await cluster.audit('join', () => cluster.collector('c5').restart());
    expectExact(audit);
    expectSmooth(audit);
  });

  it('one of five is killed: no more than its share moves', async () => {
    const before = await ownerOfEach([...cluster.collectors.values()]);
    const audit = await cluster.audit('kill -9 of 1 of 5', () => cluster.collector('c4').kill());
    expectExact(audit, 3);
    expectTakenOver(audit);
    const after = await ownerOfEach([...cluster.collectors.values()].filter(({ id }) => id !== 'c4'));
    const moved = [...before].filter(([target, owner]) => after.get(target) !== owner);
    expect(moved.length / before.size, 'share of the targets that moved').to.be.within(0.8 / 5, 1.2 / 5);
    expectExact(await cluster.audit('return of the killed one', () => cluster.collector('c4').restart()));
  });

  it('two of five are killed at once', async () => {
    const victims = ['c2', 'c3'];
    const audit = await cluster.audit('kill -9 of 2 of 5', async () => {
      await Promise.all(victims.map((id) => cluster.collector(id).kill()));
    });
    expectExact(audit, 6);
    expectTakenOver(audit);
    await Promise.all(victims.map((id) => cluster.collector(id).restart()));
  });

  it('all five are restarted one after the other', async () => {
    const audit = await cluster.audit('rolling restart', async () => {
      for (const collector of cluster.collectors.values()) {
        expect(await collector.leave()).to.equal(0);
        await collector.restart();
      }
    });
    expectExact(audit);
    expectSmooth(audit);
  });

  it('one is stopped for 10 s and goes on', async () => {
    const stopped = cluster.collector('c2');
    let rejoinedMs = NaN;
    const audit = await cluster.audit('SIGSTOP for 10 s, then SIGCONT', async () => {
      stopped.freeze();
      await sleep(10_000);
      stopped.thaw();
      rejoinedMs = (await cluster.rejoined(stopped)).partMs;
    });
    console.log(`      taking part again after ${rejoinedMs} ms`);
    expectExact(audit, 3);
    expect(rejoinedMs, 'until it takes part again').to.be.at.most(SESSION_TIMEOUT_MS * timeFactor);
  });

  it('one is cut off from ZooKeeper for 20 s', async () => {
    let problems: readonly string[] = [];
    let agreedMs = NaN;
    let partMs = NaN;
    const { activeFromMs } = await readStatus(cluster.collector('c1'));
    const audit = await cluster.audit('one partitioned from ZooKeeper for 20 s', async () => {
      cluster.partitionFirst();
      await sleep(10_000);
      const { json } = await runCli<{ problems: { text: string }[] }>(cluster, 'status');
      problems = json.problems.map(({ text }) => text);
      await sleep(10_000);
      await cluster.healFirst();
      ({ agreedMs, partMs } = await cluster.rejoined(cluster.collector('c1'), activeFromMs));
    });
    console.log(`      one assignment everywhere ${agreedMs} ms after the heal, taking part again after ${partMs} ms`);
    expectExact(audit);
    expectTakenOver(audit);
    expect(agreedMs, 'until all go by one assignment').to.be.at.most(2_000 * timeFactor);
    // Up to a quarter of the session timeout between two attempts to connect, then 1.5 s of hand-over.
    expect(partMs, 'until it takes part again').to.be.at.most(2_500 * timeFactor);
    expect(problems.join('\n')).to.contain('c1 has a heartbeat and no znode: cut off from ZooKeeper');
  });

  it('the ZooKeeper leader is killed: no target moves', async () => {
    const leader = await cluster.ensemble.leader();
    const before = await owners();
    const audit = await cluster.audit('ZooKeeper leader killed', () => leader.kill());
    expectExact(audit);
    expectPrompt(audit, INTERVAL_MS);
    expect(await owners()).to.deep.equal(before);
    await leader.start();
  });

  /** The collector that scrapes each target of the ledger. */
  async function ownerOfEach(collectors: readonly CollectorProcess[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const collector of collectors) {
      for (const { target, rank } of await readTargets(collector)) {
        if (rank === 0 && target.startsWith('ledger/')) found.set(target, collector.id);
      }
    }
    return found;
  }

  /** Which collector scrapes each target, and by which ring it works. */
  async function owners(): Promise<Readonly<Record<string, readonly string[]>>> {
    const found: Record<string, readonly string[]> = {};
    for (const collector of cluster.collectors.values()) {
      const owned = (await readTargets(collector)).filter(({ rank }) => rank === 0).map(({ target }) => target);
      found[collector.id] = [(await readStatus(collector)).ring ?? 'no ring', ...owned.sort()];
    }
    return found;
  }

  it(`the whole ensemble is away for ${OUTAGE_MS / 1_000} s: no target moves`, async () => {
    const { servers } = cluster.ensemble;
    const before = await owners();
    let appearedMs = NaN;
    const audit = await cluster.audit(`whole ensemble down for ${OUTAGE_MS / 1_000} s`, async () => {
      await Promise.all(servers.map((server) => server.kill()));
      await sleep(OUTAGE_MS - 10_000);
      const registered = cluster.register([LATE]);
      await sleep(10_000);
      await Promise.all(servers.map((server) => server.start()));
      const backAtMs = Date.now();
      await registered;
      await eventually(async () => expect((await ownedTargets()).includes(`ledger/t${LATE}`)).to.equal(true));
      appearedMs = Date.now() - backAtMs;
      await cluster.withdraw([LATE]);
    });
    expectExact(audit);
    expectPrompt(audit, INTERVAL_MS);
    console.log(`      registered meanwhile, and seen ${appearedMs} ms after the return`);
    expect(appearedMs, 'until a target is seen that registered meanwhile').to.be.at.most(2_000 * timeFactor);
    await eventually(async () => expect(await owners()).to.deep.equal(before));
  }).timeout(150_000 + OUTAGE_MS);

  async function ownedTargets(): Promise<readonly string[]> {
    const pages = await Promise.all([...cluster.collectors.values()].map(readTargets));
    return pages.flat().flatMap(({ target, rank }) => (rank === 0 ? [target] : []));
  }

  it('a collector killed while the ensemble is away: exactly its targets are missed, and that is reported', async () => {
    const { servers } = cluster.ensemble;
    const victim = cluster.collector('c3');
    const owned = (await readTargets(victim)).filter(({ rank }) => rank === 0).map(({ target }) => target);
    const lost = new Set(owned.filter((id) => id.startsWith('ledger/')));
    const fromMs = Date.now();
    const survivors = [...cluster.collectors.values()].filter(({ id }) => id !== victim.id);
    const countedBefore = await missedOf(survivors);
    const audit = await cluster.audit('a collector killed while the ensemble is down', async () => {
      await Promise.all(servers.map((server) => server.kill()));
      await victim.kill();
      await sleep(12_000);
      await Promise.all(servers.map((server) => server.start()));
      // The dead one's znode stands for a session timeout after the return.
      await sleep(SESSION_TIMEOUT_MS + 2 * INTERVAL_MS);
    });
    const foreign = audit.missingSlots.filter((slot) => !lost.has(slot.slice(0, slot.indexOf('@'))));
    expect(foreign, 'slots missed of targets that the dead one did not own').to.deep.equal([]);
    expect(audit.missing, 'slots missed').to.be.greaterThan(0);
    expect(audit.doubled).to.equal(0);
    expect(audit.failed).to.equal(0);
    // The dead one's counters are gone with it: whoever took its targets over counts what it left out.
    const counted = await missedOf(survivors);
    for (const [key, before] of countedBefore) counted.set(key, (counted.get(key) ?? before) - before);
    const total = [...counted.values()].reduce((sum, missed) => sum + missed, 0);
    expect(total, 'slots counted as missed by the survivors').to.equal(audit.missing);
    await expectReported(audit, fromMs);
    await victim.restart();
    completeFromMs = Date.now();
  });

  /** `pulsekeeper verify` finds the same slots missing as the audit did, and no others. */
  async function expectReported(audit: SlotAudit, fromMs: number): Promise<void> {
    const { code, json } = await verify(fromMs, '--grace', '0s');
    expect(code, 'exit code of verify').to.equal(1);
    expect(json).to.include({ doubled: 0, failed: 0, missing: audit.missing });
    expect(json.expected).to.equal(json.written + json.missing);
    const missing = json.targets.flatMap(({ target, missingSlots }) =>
      missingSlots.flatMap(({ first, count }) =>
        Array.from({ length: count }, (_, index) => `${target}@${Date.parse(first) + index * INTERVAL_MS}`),
      ),
    );
    expect(missing.sort()).to.deep.equal([...audit.missingSlots].sort());
  }

  async function verify(fromMs: number, ...more: readonly string[]): Promise<{ code: number; json: VerifyAnswer }> {
    const since = new Date(fromMs).toISOString();
    const { code, json } = await runCli<VerifyAnswer>(cluster, 'verify', '--since', since, ...more, 'ledger');
    console.log(`      verify: ${json.expected} expected, ${json.missing} missing, ${json.doubled} doubled`);
    return { code, json };
  }

  it('1,000 targets register and 500 leave during a rolling restart', async () => {
    const startedMs = Date.now();
    const added = Array.from({ length: 1_000 }, (_, index) => 200 + index);
    const audit = await cluster.audit('1,000 join and 500 leave during a rolling restart', async () => {
      const restarts = (async () => {
        for (const collector of cluster.collectors.values()) {
          expect(await collector.leave()).to.equal(0);
          await collector.restart();
        }
      })();
      await cluster.register(added);
      await sleep(INTERVAL_MS);
      await cluster.withdraw(added.slice(0, 500));
      await restarts;
    });
    expectExact(audit);
    expectSmooth(audit);
    const { code, json } = await verify(completeFromMs ?? startedMs);
    expect(json).to.include({ missing: 0, doubled: 0, failed: 0 });
    expect(code, 'exit code of verify over the time since').to.equal(0);
    expect(json.expected, 'slots that it judged').to.be.at.least(2 * 200);
  });
});

describe('slots under faults: replication 2, interval 1 s', function () {
  this.timeout(120_000);

  it('one of five is killed and no slot is missing', async () => {
    const cluster = await FaultCluster.start({
      collectors: 5,
      targets: 100,
      intervalMs: 1_000,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      env: { PULSEKEEPER_REPLICATION: '2' },
    });
    try {
      const audit = await cluster.audit('R = 2, kill -9 of 1 of 5', () => cluster.collector('c4').kill(), {
        tailIntervals: 10,
      });
      expect(audit.missingSlots).to.deep.equal([]);
      expect(audit.doubled).to.equal(0);
    } finally {
      await cluster.stop();
    }
  });
});
