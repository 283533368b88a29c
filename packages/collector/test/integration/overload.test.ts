/**
 * A collector without enough processor time, and one whose targets are behind a link that loses packets. A stopped and
 * continued process gets a share of the time as under a quota; a link that stands still now and then delays what it
 * carries as retransmissions do.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { phaseMs } from '@pulsekeeper/model';
import { eventually, seededRandom, TcpProxy, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { startCollectorProgram } from './collector-program.ts';
import { ledgerId, SmallCluster, startServers, type Servers } from './small-cluster.ts';

const TARGETS = 60;
const INTERVAL_MS = 500;

describe('a collector that is short of what it needs', function () {
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

  async function slotsOf(statusUrl: string): Promise<Readonly<Record<string, number>>> {
    const page = (await (await fetch(`${statusUrl}/status`)).json()) as { slots: Record<string, number> };
    return page.slots;
  }

  async function inFlight(statusUrl: string): Promise<number> {
    const metrics = await (await fetch(`${statusUrl}/metrics`)).text();
    return Number(/^pulsekeeper_scrapes_in_flight (\d+)$/m.exec(metrics)?.[1]);
  }

  it('counts each slot that it has no processor time for as missed, and stretches none', async () => {
    await Promise.all(Array.from({ length: TARGETS }, (_, index) => cluster.registerLedger(index)));
    const { program, statusUrl } = await startCollectorProgram(cluster);
    await eventually(async () => expect((await slotsOf(statusUrl))['written']).to.be.at.least(2 * TARGETS));
    // A twelfth of the time, and longer stops than an interval: a fifth of the targets has a slot that begins and ends in one.
    for (let time = 0; time < 5; time += 1) {
      program.freeze();
      await sleep(1.2 * INTERVAL_MS);
      program.thaw();
      await sleep(0.1 * INTERVAL_MS);
    }
    // In step again: what is written is all that is due.
    await eventually(async () => {
      const before = await slotsOf(statusUrl);
      await sleep(2 * INTERVAL_MS);
      const now = await slotsOf(statusUrl);
      expect(now['written']! - before['written']!).to.be.at.least(1.5 * TARGETS);
      expect(now['missed']).to.equal(before['missed']);
    });
    process.kill(program.pid, 'SIGTERM');
    expect(await program.exited).to.equal(0);

    const [heartbeat] = await cluster.store.readCollectorStatuses();
    const counted = heartbeat?.['slots'] as Readonly<Record<string, number>>;
    let stored = 0;
    let absent = 0;
    for (let index = 0; index < TARGETS; index += 1) {
      const id = ledgerId(index);
      const times = (await cluster.slots(id)).map(({ slotMs }) => slotMs);
      const phase = phaseMs(id, INTERVAL_MS);
      expect(
        times.every((slotMs) => (slotMs - phase) % INTERVAL_MS === 0),
        `${id} in its rhythm`,
      ).to.equal(true);
      stored += times.length;
      absent += (times.at(-1)! - times[0]!) / INTERVAL_MS + 1 - times.length;
    }
    console.log(`      ${stored} slots stored, ${absent} absent; counted: ${JSON.stringify(counted)}`);
    expect(absent, 'slots missed').to.be.greaterThan(0);
    expect(counted).to.include({ written: stored, dropped: 0, expected: stored + (counted['missed'] ?? NaN) });
    // What is missed before a target's first frame or after its last does not show as absent.
    const unseen = counted['missed']! - absent;
    expect(unseen, 'missed beside those absent').to.be.within(0, timeFactor > 1 ? Math.ceil(0.02 * stored) : 0);
  });

  it('ends each slot in one record, with one scrape a target in flight, over a link that loses packets', async () => {
    const random = seededRandom(34);
    const proxy = await TcpProxy.start({ target: { port: Number(servers.ledger.targets[0]!.address.split(':')[1]) } });
    const count = 20;
    for (let index = 0; index < count; index += 1) {
      await cluster.registerLedger(index, { address: proxy.address, interval: '1s', timeout: '800ms' });
    }
    const collector = await cluster.startCollector('c1');
    let mostInFlight = 0;
    while (collector.report.slots.written < 6 * count) {
      if (random() < 0.3) {
        proxy.stall('both');
        await sleep(100 + 300 * random());
        mostInFlight = Math.max(mostInFlight, await inFlight(collector.statusUrl));
        await proxy.resume();
      }
      await sleep(100);
    }
    await collector.stop();
    expect(mostInFlight, 'scrapes in flight').to.be.at.most(count);
    expect(collector.report.slots).to.include({ missed: 0, doubled: 0, dropped: 0 });
    let up = 0;
    for (let index = 0; index < count; index += 1) {
      const slots = await cluster.slots(ledgerId(index));
      const times = slots.map(({ slotMs }) => slotMs);
      expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => times[0]! + at * 1_000));
      up += slots.filter((slot) => slot.up).length;
    }
    expect(up / collector.report.slots.written, 'share of slots that are up').to.be.greaterThan(0.5);
  });

  it('loses no slot over a narrow link, and piles nothing up on one that is too narrow', async () => {
    const { ledger } = servers;
    const proxy = await TcpProxy.start({ target: { port: Number(ledger.targets[0]!.address.split(':')[1]) } });
    const count = 20;
    const body = Array.from(
      { length: 28 },
      (_, index) => `narrow_metric{index="${index}",filler="${'f'.repeat(40)}"} 1`,
    );
    const padded = `${body.join('\n')}\n`;
    for (let index = 0; index < count; index += 1) {
      await ledger.behave({ kind: 'body', body: padded, contentType: 'text/plain; version=0.0.4' }, index);
      await cluster.registerLedger(index, { address: proxy.address, interval: '1s', timeout: '1s', retries: 0 });
    }
    const collector = await cluster.startCollector('c1');
    const most = { inFlight: 0, connections: 0 };
    /** Lets slots be written, and watches what is on its way. */
    const watch = async (slots: number): Promise<void> => {
      const { written } = collector.report.slots;
      while (collector.report.slots.written < written + slots) {
        most.inFlight = Math.max(most.inFlight, await inFlight(collector.statusUrl));
        most.connections = Math.max(most.connections, proxy.stats.open);
        await sleep(50);
      }
    };
    // 1 Mbit/s carries twice what the targets answer.
    proxy.narrow(1_000_000 / 8);
    await watch(3 * count);
    const { failed } = collector.report.slots;
    const crowdedFromMs = Date.now();
    // A quarter of what they answer.
    proxy.narrow((count * padded.length) / 4);
    await watch(3 * count);
    const crowded = collector.report.slots;
    await proxy.resume();
    await eventually(() => expect(collector.report.up).to.equal(count), { timeoutMs: 10_000 });
    await collector.stop();
    await proxy.stop();
    await ledger.behave({ kind: 'serve' });

    expect(failed, 'failed over the narrow link').to.equal(0);
    expect(crowded.failed, 'failed over the link that was too narrow').to.be.greaterThan(0);
    expect(most.inFlight, 'scrapes in flight').to.be.at.most(count);
    // One that was given up ends at the far side of the link only when what is before it has passed.
    expect(most.connections, 'connections').to.be.at.most(2 * count);
    expect(collector.report.slots).to.include({ missed: 0, doubled: 0, dropped: 0 });
    for (let index = 0; index < count; index += 1) {
      const slots = await cluster.slots(ledgerId(index));
      const times = slots.map(({ slotMs }) => slotMs);
      expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => times[0]! + at * 1_000));
      const gapsMs = slots.slice(1).map(({ timestampMs }, at) => timestampMs - slots[at]!.timestampMs);
      expect(Math.max(...gapsMs), `longest gap of target ${index}`).to.be.at.most(2_000);
      const early = slots.filter(({ slotMs }) => slotMs < crowdedFromMs - 1_000);
      expect(early.every(({ up }) => up)).to.equal(true);
    }
  });
});
