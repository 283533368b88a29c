/**
 * What becomes of slots while collectors and targets come and go and hear of each other late: real engines and plans, on
 * simulated time. What happens depends on the seed alone; some seeds were chosen since they lost slots once.
 */
import { targetId, type TargetId } from '@pulsekeeper/model';
import { seededRandom } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { SimulatedCluster } from './simulated-cluster.ts';

const INTERVAL_MS = 5_000;
const MAX_NEWS_MS = 700;
const COLLECTORS = ['c1', 'c2', 'c3', 'c4', 'c5'];
const STABLE = Array.from({ length: 100 }, (_, index) => targetId('stable', `t${index}`));
const SEEDS = [8, 11, 17, 20];

/** Each collector is a target itself while it is there. */
const selfOf = (id: string): TargetId => targetId('self', id);

/** A cluster of five that has settled, with targets that are there all the time. */
async function settledCluster(random: () => number): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster({ intervalMs: INTERVAL_MS, random, maxNewsMs: MAX_NEWS_MS, maxScrapeMs: 40 });
  cluster.change([...STABLE, ...COLLECTORS.map(selfOf)]);
  for (const id of COLLECTORS) cluster.join(id);
  await cluster.run(3 * INTERVAL_MS);
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

/** Two die at once; their nodes go with their sessions. */
async function killTwo(cluster: SimulatedCluster, random: () => number): Promise<void> {
  await cluster.run(5_000 * random());
  cluster.kill('c2', 2_000);
  cluster.kill('c4', 2_000);
  await cluster.run(INTERVAL_MS);
}

/** One hears of nothing for longer than an interval; a slot that moves to it then would be nobody's. */
async function deafenOne(cluster: SimulatedCluster, random: () => number): Promise<void> {
  for (const id of ['c2', 'c4']) {
    await cluster.run(2_000 * random());
    cluster.deafen(id, 1.4 * INTERVAL_MS);
    await cluster.run(1.4 * INTERVAL_MS);
  }
}

/** A collector dies as it begins to own its share: nobody can know before its session is over. */
async function dieAtBoundary(cluster: SimulatedCluster, random: () => number): Promise<void> {
  cluster.join('c6');
  await cluster.run(1_400 + 200 * random());
  cluster.kill('c6', 1.4 * INTERVAL_MS);
  await cluster.run(2 * INTERVAL_MS);
}

/** Slots of the stable targets that were missed during the fault, and the share of those that were requested twice. */
async function lossOf(
  seed: number,
  fault: (cluster: SimulatedCluster, random: () => number) => Promise<void>,
): Promise<{ missing: string[]; twice: number }> {
  const random = seededRandom(seed);
  const cluster = await settledCluster(random);
  const fromMs = cluster.nowMs;
  churn(cluster, random, 14_000);
  await fault(cluster, random);
  const toMs = cluster.nowMs;
  await cluster.run(2 * INTERVAL_MS);
  const ofStable = [...cluster.requests].filter(([slot]) => slot.startsWith('stable/'));
  const twice = ofStable.filter(([, times]) => times.length > 1).length / ofStable.length;
  return { missing: STABLE.flatMap((id) => cluster.missing(id, fromMs, toMs)), twice };
}

describe('ownership, simulated, with news that takes up to 0.7 s', function () {
  this.timeout(30_000);

  for (const [name, fault] of [
    ['all five are restarted one after the other', restartAll],
    ['two of five die', killTwo],
    ['one after the other is cut off from the news', deafenOne],
    ['a new one dies as it begins', dieAtBoundary],
  ] as const) {
    for (const seed of SEEDS) {
      it(`misses no slot when ${name} among targets that come and go (seed ${seed})`, async () => {
        const { missing, twice } = await lossOf(seed, fault);
        expect(missing).to.deep.equal([]);
        expect(twice, 'share of slots that were requested twice').to.be.below(0.01);
      });
    }
  }
});
