/**
 * Targets behind a link that loses a third of its packets and carries 1 Mbit a second: real ones, through namespaces of the
 * network. `overload.test.ts` tries the like by a proxy, where the machine has no such namespaces.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { atFullLength, eventually, NetworkLink } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { ledgerId, SmallCluster, startServers } from './small-cluster.ts';

const TARGETS = 20;
const SERIES = 40;
const INTERVAL_MS = atFullLength(5_000, 1_000);
const SLOTS = atFullLength(36, 8);

describe('targets behind a link that loses 30 % of its packets and carries 1 Mbit/s', function () {
  this.timeout(60_000 + 2 * SLOTS * INTERVAL_MS);
  let link: NetworkLink;
  let cluster: SmallCluster | undefined;

  before(async function () {
    const missing = NetworkLink.whatIsMissing();
    if (missing !== undefined) {
      console.log(`      left out: no such link can be made here, for want of ${missing}`);
      this.skip();
    }
    link = await NetworkLink.start();
    cluster = await SmallCluster.start(await startServers(TARGETS, { series: SERIES, link }));
  });

  after(() => cluster?.stop());

  it('each slot ends in one record, one scrape a target is in flight, and nothing piles up', async () => {
    for (let index = 0; index < TARGETS; index += 1) {
      await cluster!.registerLedger(index, { interval: `${INTERVAL_MS}ms`, timeout: `${0.8 * INTERVAL_MS}ms` });
    }
    const collector = await cluster!.startCollector('c1');
    await eventually(() => expect(collector.report.up).to.equal(TARGETS));
    const { slots } = collector.report;

    link.impair({ lossPercent: 30, bitsPerSecond: 1_000_000 });
    const most = { inFlight: 0, connections: 0 };
    while (collector.report.slots.written < slots.written + SLOTS * TARGETS) {
      most.inFlight = Math.max(most.inFlight, await scrapesInFlight(collector.statusUrl));
      most.connections = Math.max(most.connections, connectionsTo(link.address));
      await sleep(20);
    }
    const lost = link.lostPackets();
    const failed = collector.report.slots.failed - slots.failed;
    link.impair({});
    const healedAtMs = Date.now();
    await eventually(() => expect(collector.report.up).to.equal(TARGETS), { timeoutMs: 3 * INTERVAL_MS });
    const backMs = Date.now() - healedAtMs;
    await collector.stop();

    console.log(
      `      ${lost} packets lost; of ${SLOTS * TARGETS} slots ${failed} are down; at most ${most.inFlight} scrapes in ` +
        `flight and ${most.connections} connections; all are up ${backMs} ms after the heal`,
    );
    expect(most.inFlight, 'scrapes in flight').to.be.at.most(TARGETS);
    expect(most.connections, 'connections').to.be.at.most(2 * TARGETS);
    expect(collector.report.slots).to.include({ missed: 0, doubled: 0, dropped: 0 });
    expect(failed / (SLOTS * TARGETS), 'share of slots that are down').to.be.lessThan(0.5);
    for (let index = 0; index < TARGETS; index += 1) {
      const stored = await cluster!.slots(ledgerId(index));
      const times = stored.map(({ slotMs }) => slotMs);
      expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => times[0]! + at * INTERVAL_MS));
      const gapsMs = stored.slice(1).map(({ timestampMs }, at) => timestampMs - stored[at]!.timestampMs);
      expect(Math.max(...gapsMs), `longest gap of target ${index}`).to.be.at.most(2 * INTERVAL_MS);
    }
  });
});

async function scrapesInFlight(statusUrl: string): Promise<number> {
  const metrics = await (await fetch(`${statusUrl}/metrics`)).text();
  return Number(/^pulsekeeper_scrapes_in_flight (\d+)$/m.exec(metrics)?.[1]);
}

/** Connections of this machine to an IPv4 address, but for those that are over and only remembered. */
function connectionsTo(address: string): number {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase());
  const remote = octets.reverse().join('');
  const timeWait = '06';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to = '', state]) => to.startsWith(remote) && state !== timeWait).length;
}
