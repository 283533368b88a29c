import { expect } from 'chai';
import {
  eventually,
  requireServers,
  seededRandom,
  startRedis,
  TcpProxy,
  type RedisServer,
} from '@pulsekeeper/test-support';
import type { Store } from '../../src/index.ts';
import {
  collect,
  frameAt,
  idOf,
  labelsOf,
  range,
  samplesAt,
  slotAt,
  startStore,
  storedSteps,
} from './store-support.ts';

const COLLECTORS = 3;
const ROUNDS = 40;

/**
 * Several collectors append for the same targets, each behind a proxy of its own that cuts and swallows at random, while
 * Redis forgets scripts and is frozen now and then. Whatever happens, each slot that anybody was told is stored holds one
 * frame, and its values are those of that scrape.
 */
describe('store under faults at random', () => {
  let redis: RedisServer;

  before(async () => {
    requireServers();
    redis = await startRedis({ appendonly: true, appendfsync: 'always' });
  });

  for (const seed of [1, 2, 3]) {
    it(`keeps one right frame for each slot (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const keyPrefix = `random${seed}`;
      const proxies = await Promise.all(range(COLLECTORS).map(() => TcpProxy.start({ target: { port: redis.port } })));
      const stores: Store[] = [];
      for (const [index, proxy] of proxies.entries()) {
        stores.push(
          await startStore({
            url: `redis://${proxy.address}`,
            keyPrefix,
            collector: `c${index}`,
            commandTimeoutMs: 150,
          }),
        );
      }
      const outcomes: { step: number; outcome: string }[] = [];
      const appends: Promise<unknown>[] = [];
      const id = idOf('i1');
      const targets = stores.map((store) => store.writer.open({ id, labels: labelsOf(id) }));
      for (let step = 0; step < ROUNDS; step++) {
        for (const [collector, target] of targets.entries()) {
          if (random() < 0.35) continue;
          const append = target.append(frameAt(step, samplesAt(step), 0.01 + collector));
          appends.push(append.then((outcome) => outcomes.push({ step, outcome })));
        }
        await disturb(redis, proxies[Math.floor(random() * COLLECTORS)]!, random());
      }
      redis.thaw();
      for (const proxy of proxies) await proxy.resume();
      for (const store of stores) await store.flush({ signal: AbortSignal.timeout(8_000) });
      await Promise.all(appends);
      const owned = outcomes
        .filter(({ outcome }) => outcome === 'written' || outcome === 'late')
        .map(({ step }) => step);
      const expected = [...new Set(outcomes.map(({ step }) => step))].sort((left, right) => left - right);
      expect(outcomes.map(({ outcome }) => outcome)).not.to.include('dropped');
      // Exactly one of those who appended a slot was told that the frame is theirs.
      expect(owned.sort((left, right) => left - right)).to.deep.equal(expected);
      expect(await storedSteps(stores[0]!, id)).to.deep.equal(expected);
      const slots = await collect(stores[1]!.reader.slots(id, slotAt(0), slotAt(ROUNDS)));
      expect(slots.map(({ slotMs }) => slotMs)).to.deep.equal(expected.map(slotAt));
      expect(stores[0]!.health().corruptFrames).to.equal(0);
    });
  }
});

async function disturb(redis: RedisServer, proxy: TcpProxy, dice: number): Promise<void> {
  if (dice < 0.15) proxy.reset();
  else if (dice < 0.25) proxy.stall('down');
  else if (dice < 0.35) proxy.stall('up');
  else if (dice < 0.45) await proxy.cut();
  else if (dice < 0.7) await proxy.resume();
  else if (dice < 0.75) redis.freeze();
  else if (dice < 0.85) redis.thaw();
  // A moment for replies and reconnections, so that faults meet calls at all stages.
  else await eventually(() => true);
}
