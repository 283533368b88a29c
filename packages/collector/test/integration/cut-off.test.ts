/**
 * Two collectors, of which one is cut off from ZooKeeper in one direction for longer than its session: what it sends is lost,
 * or what it should hear. Its targets move to the other one and, when the link is sound again, back.
 */
import { parseSelector } from '@pulsekeeper/model';
import { eventually, TcpProxy, timeFactor, type ProxyDirection } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { Collector } from '../../src/index.ts';
import { ledgerId, SmallCluster, startServers, type Servers } from './small-cluster.ts';

const TARGETS = 12;
/** On a busy machine longer than a process may have to wait for a processor. */
const INTERVAL_MS = timeFactor > 1 ? 1_000 : 500;
const RULE = { interval: `${INTERVAL_MS}ms`, timeout: `${0.8 * INTERVAL_MS}ms` };
const SESSION_TIMEOUT_MS = 2_000;
/** The staleness marker is one of these. */
const isMarker = (value: number): boolean => Number.isNaN(value);

describe('a collector cut off from ZooKeeper in one direction', function () {
  this.timeout(60_000);
  let servers: Servers;
  let cluster: SmallCluster;

  before(async () => {
    servers = await startServers(TARGETS);
  });

  beforeEach(async () => {
    cluster = await SmallCluster.start(servers);
  });

  afterEach(() => cluster.stop());

  /** Lets a collector write every target's slot a few times. */
  async function writesOn(collector: Collector, slots: number): Promise<void> {
    const { written } = collector.report.slots;
    await eventually(() => expect(collector.report.slots.written).to.be.at.least(written + slots), {
      timeoutMs: 15_000,
    });
  }

  async function timeUntil(assertion: () => void, timeoutMs: number): Promise<number> {
    const sinceMs = performance.now();
    await eventually(assertion, { timeoutMs, intervalMs: 10 });
    return Math.round(performance.now() - sinceMs);
  }

  /** Nothing is missing, doubled, wrong or marked as ended in what the store has of a target; returns the slots. */
  async function expectWhole(index: number, servedBefore: number): Promise<number> {
    const slots = await cluster.slots(ledgerId(index));
    expect(slots.every(({ kind }) => kind === 'samples')).to.equal(true);
    const times = slots.map(({ slotMs }) => slotMs);
    expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => times[0]! + at * INTERVAL_MS));
    const { entries } = await servers.ledger.page(index);
    const served = new Set(entries.slice(servedBefore).map(({ ms }) => ms));
    const matchers = parseSelector(`{__name__="ledger_served_milliseconds",instance="${index}"}`);
    for await (const { values } of cluster.store.reader.select(matchers, 0, Date.now())) {
      expect([...values].filter(isMarker), 'staleness markers').to.deep.equal([]);
      expect(
        [...values].filter((value) => !served.has(value)),
        'values never served',
      ).to.deep.equal([]);
      expect(values.length).to.equal(times.length);
    }
    return times.length;
  }

  for (const [direction, what] of [
    ['up', 'what it sends is lost'],
    ['down', 'it hears nothing'],
  ] as const satisfies readonly (readonly [ProxyDirection, string])[]) {
    it(`looks before it scrapes, hands over and comes back, and no slot is missed: ${what}`, async () => {
      const { zookeeper, ledger } = servers;
      const before = (await ledger.ledger()).map(({ entries }) => entries.length);
      for (let index = 0; index < TARGETS; index += 1) await cluster.registerLedger(index, RULE);
      const proxy = await TcpProxy.start({ target: { port: zookeeper.port } });
      const chroot = cluster.connectString.slice(cluster.connectString.indexOf('/'));
      const cut = await cluster.startCollector('c1', { zookeeper: `${proxy.address}${chroot}` });
      const other = await cluster.startCollector('c2');
      await eventually(() => expect([cut.report.members, other.report.members]).to.deep.equal([2, 2]));
      await Promise.all([writesOn(cut, TARGETS), writesOn(other, TARGETS)]);

      proxy.stall(direction);
      const demotedMs = await timeUntil(() => expect(cut.report.isDemoted).to.equal(true), 5_000);
      const movedMs = demotedMs + (await timeUntil(() => expect(other.report.members).to.equal(1), 10_000));
      await writesOn(other, 3 * TARGETS);
      await proxy.resume();
      proxy.reset();
      const agreedMs = await timeUntil(() => {
        expect([cut.report.members, other.report.members]).to.deep.equal([2, 2]);
        expect(cut.report.ring).to.equal(other.report.ring);
        expect(cut.report.isDemoted).to.equal(false);
      }, 10_000);
      console.log(`      demoted after ${demotedMs}, moved after ${movedMs}, agreed ${agreedMs} ms after the heal`);
      await Promise.all([writesOn(cut, TARGETS), writesOn(other, TARGETS)]);
      await Promise.all([cut.stop(), other.stop()]);
      await proxy.stop();

      expect(demotedMs, 'until it knows').to.be.below(SESSION_TIMEOUT_MS * timeFactor);
      // The hand-over time of this cluster included.
      expect(agreedMs, 'until both agree').to.be.at.most(2_000 * timeFactor);
      for (const { report } of [cut, other]) expect(report.slots).to.include({ missed: 0, dropped: 0, failed: 0 });
      let stored = 0;
      for (let index = 0; index < TARGETS; index += 1) stored += await expectWhole(index, before[index]!);
      expect(cut.report.slots.written + other.report.slots.written).to.equal(stored);
    });
  }
});
