import { expect } from 'chai';
import { eventually, requireServers, startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

describe('buffer of the store', () => {
  let redis: RedisServer;

  beforeEach(async () => {
    requireServers();
    redis = await startRedis({ appendonly: true, appendfsync: 'always' });
  });

  function appendAll(
    store: Store,
    instance: string,
    steps: readonly number[],
    durationSeconds?: number,
  ): Promise<string[]> {
    const id = idOf(instance);
    const target = store.writer.open({ id, labels: labelsOf(id) });
    return Promise.all(steps.map((step) => target.append(frameAt(step, samplesAt(step), durationSeconds))));
  }

  it('drops the oldest frames when it is full, counts them, and writes the rest', async () => {
    const store = await startStore({ url: redis.url, bufferBytes: 20_000 });
    await appendAll(store, 'i1', [0]);
    await redis.kill();
    await eventually(() => expect(store.health().state).to.equal('connecting'));
    const appends = appendAll(store, 'i1', range(300, 1));
    const { droppedFrames, bufferedFrames, bufferedBytes, droppedByTarget } = store.health();
    expect(droppedFrames).to.be.greaterThan(100);
    expect(bufferedBytes).to.be.at.most(20_000);
    expect(droppedByTarget).to.deep.equal({ 'api/i1': droppedFrames });
    await redis.start();
    const outcomes = await appends;
    // Strictly the oldest: everything before the first that was kept.
    expect(outcomes).to.deep.equal([
      ...range(droppedFrames).map(() => 'dropped'),
      ...range(bufferedFrames).map(() => 'written'),
    ]);
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal([0, ...range(bufferedFrames, droppedFrames + 1)]);
  });

  it('is written in order at a bounded rate after an outage', async () => {
    const store = await startStore({ url: redis.url, drainFramesPerSecond: 1_000 });
    await appendAll(store, 'i1', [0]);
    await redis.kill();
    await eventually(() => expect(store.health().state).to.equal('connecting'));
    const appends = appendAll(store, 'i1', range(1500, 1));
    await redis.start();
    await eventually(() => expect(store.health().state).to.equal('ready'));
    const startedMs = performance.now();
    const seen: { written: number; most: number }[] = [];
    await eventually(
      () => {
        const written = store.health().writtenFrames;
        // A burst of 512 at once, the rest at the rate; and what was on the way when the state was looked at.
        seen.push({ written, most: 1 + 512 + performance.now() - startedMs + 256 });
        expect(store.health().bufferedFrames).to.equal(0);
      },
      { intervalMs: 10 },
    );
    expect(seen.filter(({ written, most }) => written > most)).to.deep.equal([]);
    expect(performance.now() - startedMs).to.be.greaterThan(700);
    expect(new Set(await appends)).to.deep.equal(new Set(['written']));
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(1501));
  });

  it('is saved to a file when redis is away at the stop, and written by the next process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-'));
    const spillPath = join(folder, 'frames.spill');
    const store = await startStore({ url: redis.url, spillPath });
    await appendAll(store, 'i1', range(5));
    await redis.kill();
    await eventually(() => expect(store.health().state).to.equal('connecting'));
    const unsent = Promise.all([appendAll(store, 'i1', range(5, 5)), appendAll(store, 'i2', range(3))]);
    await store.stop();
    expect(new Set((await unsent).flat())).to.deep.equal(new Set(['dropped']));
    expect(await readdir(folder)).to.deep.equal(['frames.spill']);
    await redis.start();
    const next = await startStore({ url: redis.url, spillPath });
    await appendAll(next, 'i1', [10]);
    await next.flush();
    expect(await storedSteps(next, idOf('i1'))).to.deep.equal(range(11));
    expect(await storedSteps(next, idOf('i2'))).to.deep.equal(range(3));
    await eventually(async () => expect(await readdir(folder)).to.deep.equal([]));
  });

  it('stays in its file as long as redis is away, however often the process starts', async () => {
    const spillPath = join(await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-')), 'frames.spill');
    const options = { url: redis.url, spillPath, waitForConnection: false };
    await redis.kill();
    const store = await startStore(options);
    const outcomes = appendAll(store, 'i1', range(3));
    await store.stop();
    await outcomes;
    for (const steps of [range(2, 3), []]) {
      const next = await startStore(options);
      const more = appendAll(next, 'i1', steps);
      await next.stop();
      await more;
    }
    await redis.start();
    const last = await startStore({ ...options, waitForConnection: true });
    await last.flush();
    expect(await storedSteps(last, idOf('i1'))).to.deep.equal(range(5));
  });

  it('starts without a saved file that is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-'));
    const spillPath = join(folder, 'frames.spill');
    await writeFile(spillPath, 'pulsekeeper-spill 1\n\u0005ab');
    const store = await startStore({ url: redis.url, spillPath });
    expect(await appendAll(store, 'i1', [0])).to.deep.equal(['written']);
  });

  it('refuses appends after the stop', async () => {
    const store = await startStore({ url: redis.url });
    const target = store.writer.open({ id: idOf('i1'), labels: {} });
    await store.stop();
    expect(await target.append(frameAt(0, samplesAt(0)))).to.equal('dropped');
    await store.stop();
  });

  it('gives every slot one frame while three writers fight for a target', async () => {
    // Commands that a loaded machine delays are not to be made again: what is shown here is the fight, not an outage.
    const options = { url: redis.url, commandTimeoutMs: 10_000 };
    const stores = await Promise.all(['c1', 'c2', 'c3'].map((collector) => startStore({ ...options, collector })));
    const outcomes = await Promise.all(stores.map((store, index) => appendAll(store, 'i1', range(60), 0.01 + index)));
    for (const step of range(60)) {
      const ends = outcomes.map((list) => list[step]).sort();
      expect(
        ends.filter((end) => end !== 'doubled'),
        `slot ${step}`,
      ).to.have.length(1);
    }
    expect(await storedSteps(stores[0]!, idOf('i1'))).to.deep.equal(range(60));
    const slots = await collect(stores[0]!.reader.slots(idOf('i1'), slotAt(0), slotAt(200)));
    expect(slots.map(({ slotMs }) => slotMs)).to.deep.equal(range(60).map(slotAt));
  }).timeout(30_000);
});
