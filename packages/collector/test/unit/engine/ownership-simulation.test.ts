/**
 * What becomes of slots while collectors and targets come and go and hear of each other late: real engines and plans, on
 * simulated time. What happens depends on the seed alone; some seeds were chosen since they lost slots once.
 *
 * `PULSEKEEPER_TEST_SIMULATION_SEEDS=200` tries each fault with the seeds 1 to 200 instead.
 */
import { targetId, type TargetId } from '@pulsekeeper/model';
import { seededRandom } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { SimulatedCluster } from './simulated-cluster.ts';

const INTERVAL_MS = 5_000;
const SLOW_NEWS_MS = 700;
/** Several times what ZooKeeper's servers and a turn of the event loop need. */
const QUICK_NEWS_MS = 100;
const COLLECTORS = ['c1', 'c2', 'c3', 'c4', 'c5'];
const STABLE = Array.from({ length: 100 }, (_, index) => targetId('stable', `t${index}`));
const SEED_COUNT = Number(process.env['PULSEKEEPER_TEST_SIMULATION_SEEDS'] ?? 0);

/** What happens to a cluster, and the settings for which no slot may be missed by it. */
interface Scenario {
  readonly title: string;
  readonly seeds: readonly number[];
  readonly sessionTimeoutMs?: number;
  readonly replication?: number;
  readonly fault: (cluster: SimulatedCluster, random: () => number) => Promise<void>;
}

/** Each collector is a target itself while it is there. */
const selfOf = (id: string): TargetId => targetId('self', id);

/** A cluster of five that has settled, with targets that are there all the time. */
async function settledCluster(
  random: () => number,
  scenario: Pick<Scenario, 'sessionTimeoutMs' | 'replication'>,
  maxNewsMs: number,
): Promise<SimulatedCluster> {
  const { sessionTimeoutMs, replication } = scenario;
  const cluster = new SimulatedCluster({
    intervalMs: INTERVAL_MS,
    random,
    maxNewsMs,
    maxScrapeMs: 40,
    sessionTimeoutMs,
    replication,
  });
  cluster.change([...STABLE, ...COLLECTORS.map(selfOf)]);
  for (const id of COLLECTORS) cluster.join(id);
  await cluster.run(cluster.handoverMs + 2.7 * INTERVAL_MS);
  return cluster;
}

/** Targets come and go, several times a second: every change shifts some of those that stay. */
function churn(cluster: SimulatedCluster, random: () => number, durationMs: number): void {
  const present: TargetId[] = [];
  let count = 0;
  for (let atMs = 0; atMs < durationMs; atMs += 100 + 200 * random()) {
    cluster.after(atMs, () => {
      const added = Array.from({ length: Math.ceil(random() * 4) }, () => targetId('volatile', `v${count++}`));
      present.push(...added);
      cluster.change(added, random() < 0.6 ? present.splice(0, Math.ceil(present.length * random())) : []);
    });
  }
}

/** One after the other leaves and joins again. */
async function restartAll(cluster: SimulatedCluster, random: () => number): Promise<void> {
  for (const id of COLLECTORS) {
    cluster.change([], [selfOf(id)]);
    await cluster.run(30 * random());
    cluster.leave(id);
    await cluster.run(2_000 + 500 * random());
    cluster.join(id);
    await cluster.run(80);
    cluster.change([selfOf(id)]);
    await cluster.run(400 * random());
  }
}

/** Some die at once; their nodes go with their sessions. */
function killing(...ids: readonly string[]): Scenario['fault'] {
  return async (cluster, random) => {
    await cluster.run(5_000 * random());
    for (const id of ids) cluster.kill(id);
    await cluster.run(cluster.sessionTimeoutMs + INTERVAL_MS);
  };
}

/** One after the other hears of nothing for so long; a slot that moves to it then would be nobody's. */
function deafening(forMs: number): Scenario['fault'] {
  return async (cluster, random) => {
    for (const id of ['c2', 'c4']) {
      await cluster.run(2_000 * random());
      cluster.deafen(id, forMs);
      await cluster.run(forMs);
    }
  };
}

/** A collector joins and dies so long after it has begun to own its share: nobody can know before its session is over. */
function dyingAfterJoin(fromMs: number, toMs: number): Scenario['fault'] {
  return async (cluster, random) => {
    cluster.join('c6');
    await cluster.run(cluster.handoverMs + fromMs + (toMs - fromMs) * random());
    cluster.kill('c6');
    await cluster.run(cluster.sessionTimeoutMs + INTERVAL_MS);
  };
}

/** Collectors leave in order, and one that would get some of their targets hears nothing of it. */
function leavingWhileOneIsDeaf(forMs: number): Scenario['fault'] {
  return async (cluster, random) => {
    cluster.deafen('c3', forMs);
    for (const id of ['c1', 'c5']) {
      await cluster.run(1_000 * random());
      cluster.leave(id);
    }
    await cluster.run(forMs + cluster.handoverMs + INTERVAL_MS);
  };
}

const SCENARIOS: readonly Scenario[] = [
  { title: 'all five are restarted one after the other', seeds: [8, 11, 17, 20], fault: restartAll },
  { title: 'two of five die', seeds: [8, 11, 17, 20], fault: killing('c2', 'c4') },
  {
    title: 'one after the other is cut off from the news',
    seeds: [8, 11, 17],
    sessionTimeoutMs: 8_000,
    fault: deafening(7_000),
  },
  {
    title: 'one after the other is cut off for longer than its session',
    seeds: [8, 11],
    sessionTimeoutMs: 4_000,
    fault: deafening(9_000),
  },
  {
    title: 'a new one dies as it begins',
    seeds: [8, 11, 17],
    sessionTimeoutMs: 7_000,
    fault: dyingAfterJoin(-100, 100),
  },
  {
    title: 'collectors leave while one is cut off',
    seeds: [8, 11],
    sessionTimeoutMs: 6_000,
    fault: leavingWhileOneIsDeaf(5_500),
  },
  {
    title: 'one dies that has a backup',
    seeds: [8, 41],
    sessionTimeoutMs: 12_000,
    replication: 2,
    fault: killing('c2'),
  },
  {
    title: 'one after the other is cut off from the news, with backups',
    seeds: [8],
    sessionTimeoutMs: 8_000,
    replication: 2,
    fault: deafening(7_000),
  },
  { title: 'all five are restarted, with backups', seeds: [8], replication: 2, fault: restartAll },
];

/** What became of the slots of the stable targets. */
interface Account {
  readonly missing: readonly string[];
  /** The share of those that were requested twice. */
  readonly twice: number;
  /** The share that was requested more than a second after the slot, for the first time. */
  readonly delayed: number;
  /** Targets that are still watched over at the end. */
  readonly watched: number;
}

async function accountOf(seed: number, scenario: Scenario, maxNewsMs: number): Promise<Account> {
  const random = seededRandom(seed);
  const cluster = await settledCluster(random, scenario, maxNewsMs);
  const fromMs = cluster.nowMs;
  churn(cluster, random, 14_000);
  await scenario.fault(cluster, random);
  const toMs = cluster.nowMs;
  await cluster.run(Math.max(0, fromMs + 14_000 - toMs) + cluster.handoverMs + 3 * INTERVAL_MS);
  const slotOf = (key: string): number => Number(key.slice(key.indexOf('@') + 1));
  const ofStable = [...cluster.requests].filter(([key]) => key.startsWith('stable/') && slotOf(key) >= fromMs);
  const twice = ofStable.filter(([, times]) => times.length > 1).length / ofStable.length;
  return {
    missing: STABLE.flatMap((id) => cluster.missing(id, fromMs, toMs)),
    twice,
    delayed: ofStable.filter(([key, times]) => Math.min(...times) > slotOf(key) + 1_000).length / ofStable.length,
    watched: cluster.watched,
  };
}

function seedsOf(chosen: readonly number[]): readonly number[] {
  return SEED_COUNT > 0 ? Array.from({ length: SEED_COUNT }, (_, index) => index + 1) : chosen;
}

describe('ownership, simulated, with news that takes up to 0.7 s', function () {
  this.timeout(30_000);

  for (const scenario of SCENARIOS) {
    for (const seed of seedsOf(scenario.seeds)) {
      it(`misses no slot when ${scenario.title} among targets that come and go (seed ${seed})`, async () => {
        const { missing, twice, watched } = await accountOf(seed, scenario, SLOW_NEWS_MS);
        expect(missing).to.deep.equal([]);
        expect(twice, 'share of slots that were requested twice').to.be.below(0.01);
        expect(watched, 'targets still watched over').to.equal(0);
      });
    }
  }
});

describe('ownership, simulated, with news that takes up to 0.1 s', function () {
  this.timeout(30_000);

  for (const seed of seedsOf([1, 3, 6])) {
    it(`delays hardly a slot by more than a second when all are restarted among targets that come and go (seed ${seed})`, async () => {
      const scenario = { title: 'all five are restarted', seeds: [], fault: restartAll };
      const { missing, twice, delayed } = await accountOf(seed, scenario, QUICK_NEWS_MS);
      expect(missing).to.deep.equal([]);
      expect(twice, 'share of slots that were requested twice').to.be.below(0.01);
      expect(delayed, 'share of slots that were delayed').to.be.below(0.002);
    });
  }
});
