/**
 * One of three collectors under a quota of the kernel's: a tenth of a processor, which it shares with busy neighbours. What
 * it has no time for is missing in the store and counted by it, and nothing else is missing.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { countSlotsBetween, phaseMs } from '@pulsekeeper/model';
import {
  atFullLength,
  eventually,
  registerCleanup,
  ServerProcess,
  startCpuQuota,
  type CpuQuota,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { startCollectorProgram } from './collector-program.ts';
import { ledgerId, SmallCluster, startServers, type Servers } from './small-cluster.ts';

const TARGETS = 160;
const INTERVAL_MS = 500;
const SHARE = 0.1;
const NEIGHBOURS = 3;
const UNDER_QUOTA_MS = atFullLength(60_000, 4_000);
/** Long enough for the starved one to keep its session. */
const SESSION_TIMEOUT_MS = 10_000;
const HANDOVER_MS = 1_500;

type Slots = Readonly<Record<string, number>>;

/** What each collector has counted, the starved one first, at a moment when none had left anything out for two intervals. */
interface Reading {
  readonly atMs: number;
  readonly slots: readonly Slots[];
}

describe(`a collector with a quota of ${SHARE} of a processor, among three`, function () {
  this.timeout(60_000 + UNDER_QUOTA_MS);
  let quota: CpuQuota | undefined;
  let servers: Servers;
  let cluster: SmallCluster | undefined;

  before(async function () {
    quota = startCpuQuota(SHARE);
    if (quota === undefined) {
      console.log('      left out: no processor time can be limited here (root, and a writable /sys/fs/cgroup)');
      this.skip();
    }
    servers = await startServers(TARGETS);
    cluster = await SmallCluster.start(servers);
  });

  after(() => cluster?.stop());

  it('counts as missed exactly what is missing in the store, and stretches no interval', async () => {
    const options = { sessionTimeoutMs: SESSION_TIMEOUT_MS, handoverMs: HANDOVER_MS };
    const starved = await startCollectorProgram(cluster!, {
      PULSEKEEPER_SESSION_TIMEOUT: `${SESSION_TIMEOUT_MS}ms`,
      PULSEKEEPER_HANDOVER: `${HANDOVER_MS}ms`,
      // Most targets are its own: the others have time to spare.
      PULSEKEEPER_CAPACITY: '8',
    });
    const others = [await cluster!.startCollector('c2', options), await cluster!.startCollector('c3', options)];
    const read = async (): Promise<readonly Slots[]> => {
      const { slots } = (await (await fetch(`${starved.statusUrl}/status`)).json()) as { slots: Slots };
      return [slots, ...others.map(({ report }) => ({ ...report.slots }))];
    };
    await eventually(() => expect(others.map(({ report }) => report.members)).to.deep.equal([3, 3]));
    await Promise.all(Array.from({ length: TARGETS }, (_, index) => cluster!.registerLedger(index)));
    const before = await inStep(read);

    const neighbours = await Promise.all(Array.from({ length: NEIGHBOURS }, startNeighbour));
    for (const { pid } of [...neighbours, starved.program]) quota!.add(pid);
    await sleep(UNDER_QUOTA_MS);
    const throttledPeriods = quota!.throttledPeriods();
    await Promise.all(neighbours.map((neighbour) => neighbour.kill()));
    quota!.stop();

    const after = await inStep(read);
    process.kill(starved.program.pid, 'SIGTERM');
    expect(await starved.program.exited).to.equal(0);
    await Promise.all(others.map((other) => other.stop()));

    // What came of a slot is known at a reading if the slot was over by then.
    const { stored, missing } = await readSlots(before.atMs - INTERVAL_MS, after.atMs - INTERVAL_MS);
    const [ofStarved = NaN, ...ofOthers] = after.slots.map(
      ({ missed = NaN }, index) => missed - before.slots[index]!['missed']!,
    );
    console.log(
      `      ${throttledPeriods} periods cut short; of ${stored + missing} slots ${missing} are missing, ` +
        `${ofStarved} counted by the starved one, ${ofOthers.join(' and ')} by the others`,
    );
    expect(throttledPeriods, 'periods cut short').to.be.at.least(UNDER_QUOTA_MS / 200);
    expect(ofStarved, 'missed by the starved one').to.be.greaterThan(0);
    expect(ofStarved + ofOthers.reduce((sum, count) => sum + count, 0), 'counted as missed').to.equal(missing);

    // Nothing is on its way any more: each slot has come to one of its ends.
    for (const { slots } of (await cluster!.store.readCollectorStatuses()) as unknown as readonly { slots: Slots }[]) {
      const { expected, written = NaN, missed = NaN, doubled = NaN, dropped = NaN } = slots;
      expect(expected).to.equal(written + missed + doubled + dropped);
    }
  });

  /** Waits until for two intervals every due slot is written by its owner; how all slots ended up to then. */
  async function inStep(read: () => Promise<readonly Slots[]>): Promise<Reading> {
    return eventually(
      async () => {
        const earlier = await read();
        await sleep(2 * INTERVAL_MS);
        const slots = await read();
        const atMs = Date.now();
        const gained = (result: string): number =>
          slots.reduce((sum, of, index) => sum + of[result]! - earlier[index]![result]!, 0);
        for (const result of ['missed', 'doubled', 'covered']) expect(gained(result), result).to.equal(0);
        expect(gained('written'), 'written').to.be.at.least(1.5 * TARGETS);
        return { atMs, slots };
      },
      { timeoutMs: 20_000 },
    );
  }

  /** Counts what the store holds of all targets in `fromMs ≤ slot < toMs`, and what it does not. */
  async function readSlots(fromMs: number, toMs: number): Promise<{ stored: number; missing: number }> {
    const total = { stored: 0, missing: 0 };
    for (let index = 0; index < TARGETS; index += 1) {
      const id = ledgerId(index);
      const phase = phaseMs(id, INTERVAL_MS);
      const times = (await cluster!.slots(id)).map(({ slotMs }) => slotMs);
      const strays = times.filter((slotMs) => (slotMs - phase) % INTERVAL_MS !== 0);
      expect(strays, `${id}: slots out of its rhythm`).to.deep.equal([]);
      expect(new Set(times).size, `${id}: slots but once`).to.equal(times.length);
      const stored = times.filter((slotMs) => slotMs >= fromMs && slotMs < toMs).length;
      total.stored += stored;
      total.missing += countSlotsBetween(fromMs, toMs, INTERVAL_MS, phase) - stored;
    }
    return total;
  }
});

/** A program that takes all the processor time that it gets. */
async function startNeighbour(): Promise<ServerProcess> {
  const neighbour = await ServerProcess.start({
    name: 'busy neighbour',
    command: 'sh',
    args: ['-c', 'while :; do :; done'],
    isReady: () => true,
  });
  registerCleanup({ name: neighbour.name, run: () => neighbour.kill() });
  return neighbour;
}
