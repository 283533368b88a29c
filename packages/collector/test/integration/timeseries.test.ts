import { expect } from 'chai';

import { parseSelector } from '@pulsekeeper/model';
import { StoreError } from '@pulsekeeper/store';
import {
  eventually,
  freePort,
  startLedgerTargets,
  startRedis,
  startZooKeeper,
  timeseriesModulePath,
} from '@pulsekeeper/test-support';

import { Collector } from '../../src/index.ts';
import { ledgerId, SmallCluster } from './small-cluster.ts';

describe('a collector that writes time series', function () {
  this.timeout(30_000);

  it('does not start on a redis without the commands', async () => {
    const { url } = await startRedis();
    const zookeeper = `127.0.0.1:${await freePort()}/nobody`;
    const collector = new Collector({ id: 'c1', zookeeper, redis: url, storeDriver: 'timeseries' });
    const failure = await collector.start().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreError).with.property('code', 'Refused');
    expect((failure as StoreError).message).to.match(/^(Redis|Valkey) .* has no TS\.\* commands/);
  });

  it('writes every slot once across a hand-over, with the compactions of the rule, and counts what it wrote', async function () {
    const modulePath = timeseriesModulePath();
    if (modulePath === undefined) this.skip();
    const [zookeeper, redis, ledger] = await Promise.all([
      startZooKeeper(),
      startRedis({ modulePath }),
      startLedgerTargets({ count: 4, series: 10 }),
    ]);
    const cluster = await SmallCluster.start({ zookeeper, redis, ledger });
    await cluster.session.create('/services/app', Buffer.from(JSON.stringify({ downsample: ['max:1s:1d'] })));
    for (let index = 0; index < 4; index++) await cluster.registerLedger(index);
    const first = await cluster.startCollector('c1', { storeDriver: 'timeseries' });
    await eventually(async () => (await cluster.slots(ledgerId(0))).length >= 3, { timeoutMs: 15_000 });
    const second = await cluster.startCollector('c2', { storeDriver: 'timeseries' });
    await eventually(() => second.targets.some(({ lastSlotMs }) => lastSlotMs !== undefined), { timeoutMs: 15_000 });
    await first.stop();
    await eventually(
      () => second.targets.length === 4 && second.targets.every(({ lastSlotMs }) => lastSlotMs !== undefined),
      {
        timeoutMs: 15_000,
      },
    );
    const body = await (await fetch(`${second.statusUrl}/metrics`)).text();
    expect(Number(/^pulsekeeper_store_timeseries_samples_total (\d+)/m.exec(body)?.[1])).to.be.greaterThan(0);
    expect(body).to.match(/^pulsekeeper_store_timeseries_refused_samples_total 0$/m);
    await second.stop();
    const series = new Map<string, number>();
    for await (const { labels, timestampsMs } of cluster.store.reader.select(
      parseSelector('ledger_target'),
      0,
      Date.now(),
    )) {
      series.set(`${labels['service'] ?? ''}/${labels['instance'] ?? ''}`, timestampsMs.length);
    }
    for (let index = 0; index < 4; index++) {
      const slots = await cluster.slots(ledgerId(index));
      expect(slots.filter(({ up }) => !up)).to.deep.equal([]);
      expect(series.get(ledgerId(index)), `points of target ${index}`).to.equal(slots.length);
      for (const [at, { slotMs }] of slots.entries()) {
        if (at > 0) expect(slotMs - (slots[at - 1]?.slotMs ?? 0), `target ${index}`).to.equal(500);
      }
    }
    const keys = await redis.cli('--raw', 'keys', `${cluster.keyPrefix}:*:ts:ledger_target=max:1s:1d`);
    expect(keys.split('\n')).to.have.lengthOf(4);
    await cluster.stop();
  });
});
