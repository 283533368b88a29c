import { targetId } from '@pulsekeeper/model';
import { parseSelector } from '@pulsekeeper/model';
import { atFullLength, eventually, freePort } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { Collector } from '../../src/index.ts';
import { ledgerId, SmallCluster, startServers, type Servers } from './small-cluster.ts';

const TARGETS = 6;
/** How often a target comes and goes. */
const FLAPS = atFullLength(10_000, 30);

describe('a collector with real servers', function () {
  this.timeout(30_000);
  let servers: Servers;
  let cluster: SmallCluster;

  before(async () => {
    servers = await startServers(TARGETS);
  });

  beforeEach(async () => {
    await servers.ledger.behave({ kind: 'serve' });
    cluster = await SmallCluster.start(servers);
  });

  afterEach(() => cluster.stop());

  async function until(collector: Collector, written: number): Promise<void> {
    await eventually(() => expect(collector.report.slots.written).to.be.at.least(written), { timeoutMs: 15_000 });
  }

  it('stores what the targets served, bit for bit, one frame a slot', async () => {
    for (let index = 0; index < TARGETS; index += 1) await cluster.registerLedger(index);
    const before = await servers.ledger.ledger();
    const collector = await cluster.startCollector('c1');
    await until(collector, 6 * TARGETS);
    await collector.stop();
    expect(collector.report.slots).to.include({ failed: 0, missed: 0, doubled: 0, dropped: 0 });

    const after = await servers.ledger.ledger();
    for (let index = 0; index < TARGETS; index += 1) {
      const served = (after[index]?.entries ?? []).slice(before[index]?.entries.length);
      const matchers = parseSelector(
        `{__name__=~"ledger_served_milliseconds|ledger_scrapes_total",instance="${index}"}`,
      );
      const stored: Record<string, number[]> = {};
      for await (const { labels, values } of cluster.store.reader.select(matchers, 0, Date.now())) {
        expect(labels).to.include({ service: 'app', instance: String(index) });
        stored[labels['__name__'] ?? ''] = [...values];
      }
      expect(stored['ledger_served_milliseconds']).to.deep.equal(served.map(({ ms }) => ms));
      expect(stored['ledger_scrapes_total']).to.deep.equal(served.map(({ number }) => number));
      const slots = await cluster.slots(ledgerId(index));
      const times = slots.map(({ slotMs }) => slotMs);
      expect(times, 'no gap').to.deep.equal(times.map((_, at) => (times[0] ?? 0) + at * 500));
      expect(slots.every(({ up, collector: writer }) => up && (writer ?? 'c1') === 'c1')).to.equal(true);
    }
  });

  it('writes up 0 with the reason for each kind of trouble, and leaves the healthy target alone', async () => {
    const { ledger } = servers;
    await ledger.behave({ kind: 'status', status: 500 }, 1);
    await ledger.behave({ kind: 'hang' }, 2);
    await ledger.behave({ kind: 'reset' }, 3);
    await ledger.behave({ kind: 'body', body: '<html>', contentType: 'text/html' }, 4);
    await ledger.behave({ kind: 'body', body: 'not { metrics\n' }, 5);
    for (let index = 0; index < TARGETS; index += 1) await cluster.registerLedger(index, { retries: 0 });
    await cluster.register('app', 'nobody', {
      address: `127.0.0.1:${await freePort()}`,
      interval: '500ms',
      retries: 0,
    });
    await cluster.register('app', 'metadata', { address: '169.254.169.254:80', interval: '500ms', retries: 0 });
    await cluster.register('app', 'nowhere', { address: 'nowhere.invalid:80', interval: '500ms', retries: 0 });
    const collector = await cluster.startCollector('c1');
    await until(collector, 3 * (TARGETS + 3));
    const reasons: Record<string, string | undefined> = {};
    for (const name of ['0', '1', '2', '3', '4', '5', 'nobody', 'metadata', 'nowhere']) {
      const slots = await cluster.slots(targetId('app', name));
      expect(slots.length, name).to.be.at.least(2);
      reasons[name] = slots.at(-1)?.up === true ? 'up' : slots.at(-1)?.failure?.reason;
    }
    expect(reasons).to.include({
      0: 'up',
      1: 'http_status',
      2: 'timeout',
      3: 'connection_reset',
      4: 'content_type',
      5: 'parse',
      nobody: 'connection_refused',
      metadata: 'address_denied',
    });
    expect(['dns', 'timeout']).to.include(reasons['nowhere']);
    const healthy = (await cluster.slots(ledgerId(0))).map(({ slotMs }) => slotMs);
    expect(healthy).to.deep.equal(healthy.map((_, at) => (healthy[0] ?? 0) + at * 500));
    const states = new Map(collector.targets.map((state) => [state.target, state]));
    expect(states.get(ledgerId(2))?.lastError?.message).to.contain('waiting for the response');
    expect(collector.report).to.include({ up: 1, down: TARGETS + 2 });
  });

  it('repeats a failed scrape within its slot, and counts the attempts', async () => {
    await servers.ledger.behave({ kind: 'status', status: 503, times: 2 }, 0);
    await cluster.registerLedger(0, { interval: '2s', timeout: '1s', retries: 2 });
    const collector = await cluster.startCollector('c1');
    await until(collector, 1);
    const report = (await cluster.store.reader.lastReports([ledgerId(0)])).get(ledgerId(0))?.report;
    expect(report).to.deep.include({ up: true, attempts: 3 });
    expect(report?.failure).to.equal(undefined);
    expect(collector.report.failures).to.deep.equal({ http_status: 2 });
  });

  it('skips registrations that are wrong, says why, and scrapes the others', async () => {
    const bad = ['{', '[]', '{"address":"x"}', '{"address":"127.0.0.1:1","interval":"0"}', '{"address":"u:p@h:1"}'];
    await cluster.session.ensurePath('/services/app');
    for (const [index, data] of bad.entries()) {
      await cluster.session.create(`/services/app/bad${index}`, Buffer.from(data), { ephemeral: true });
    }
    await cluster.registerLedger(0);
    const collector = await cluster.startCollector('c1');
    await until(collector, 3);
    const rejected = collector.targets.filter(({ health }) => health === 'rejected');
    expect(rejected.map(({ target }) => target)).to.have.members(bad.map((_, index) => `app/bad${index}`));
    for (const { lastError } of rejected) expect(lastError?.message).to.have.length.within(10, 300);
    expect(collector.report.rejected).to.equal(bad.length);
    expect(collector.report.slots.failed).to.equal(0);
  });

  it('follows registrations: begins with new ones, obeys changes, marks the end of those that leave', async () => {
    const collector = await cluster.startCollector('c1');
    const registration = await cluster.registerLedger(0);
    await until(collector, 2);
    await cluster.session.setData('/services/app', Buffer.from('{"labels":{"team":"x"}}'));
    await eventually(async () => {
      const [stored] = await cluster.store.reader.targets();
      expect(stored?.labels).to.include({ team: 'x' });
    });
    await registration.close();
    await eventually(async () => {
      expect((await cluster.slots(ledgerId(0))).at(-1)?.kind).to.equal('end');
      expect(collector.targets).to.deep.equal([]);
    });
  });

  it('answers on its pages, publishes its heartbeat, and is scraped like any service', async () => {
    await cluster.session.ensurePath('/services/pulsekeeper-collector');
    await cluster.session.setData(
      '/services/pulsekeeper-collector',
      Buffer.from('{"interval":"500ms","timeout":"400ms"}'),
    );
    const collector = await cluster.startCollector('c1', { registersItself: true, heartbeatMs: 200 });
    await until(collector, 2);
    const page = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(`${collector.statusUrl}${path}`);
      return { status: response.status, text: await response.text() };
    };
    expect((await page('/-/healthy')).status).to.equal(200);
    expect((await page('/-/ready')).status).to.equal(200);
    expect((await page('/metrics')).text).to.match(/^pulsekeeper_slots_total\{result="written"\} [1-9]/m);
    expect(JSON.parse((await page('/targets')).text)).to.have.nested.property(
      'targets[0].target',
      'pulsekeeper-collector/c1',
    );
    expect(JSON.parse((await page('/status')).text)).to.include({ id: 'c1', state: 'active', zookeeper: 'connected' });
    expect((await page('/nowhere')).status).to.equal(404);
    expect((await fetch(`${collector.statusUrl}/metrics`, { method: 'POST' })).status).to.equal(405);
    const [status] = await cluster.store.readCollectorStatuses();
    expect(status).to.include({ id: 'c1', state: 'active', members: 1 });
    expect(status?.['ring']).to.match(/^[0-9a-f]+$/);
    const series = parseSelector(
      'pulsekeeper_slots_total{service="pulsekeeper-collector",instance="c1",result="written"}',
    );
    let values: number[] = [];
    for await (const result of cluster.store.reader.select(series, 0, Date.now())) values = [...result.values];
    expect(values.at(-1)).to.be.greaterThan(0);
  });

  it('hands over to one that joins, and back when that leaves, without a slot missed or doubled', async () => {
    for (let index = 0; index < TARGETS; index += 1) await cluster.registerLedger(index);
    const requestsBefore = (await servers.ledger.ledger()).map(({ entries }) => entries.length);
    const first = await cluster.startCollector('c1');
    await until(first, 2 * TARGETS);
    const second = await cluster.startCollector('c2');
    await eventually(() => expect(second.report.slots.written).to.be.at.least(4), { timeoutMs: 10_000 });
    expect(first.report.ring).to.equal(second.report.ring);
    await second.stop();
    const written = first.report.slots.written;
    await until(first, written + 2 * TARGETS);
    await first.stop();
    for (const { report } of [first, second]) expect(report.slots).to.include({ missed: 0, doubled: 0, failed: 0 });
    for (let index = 0; index < TARGETS; index += 1) {
      const times = (await cluster.slots(ledgerId(index))).map(({ slotMs }) => slotMs);
      expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => (times[0] ?? 0) + at * 500));
      const requests = (await servers.ledger.page(index)).entries.length - (requestsBefore[index] ?? 0);
      expect(requests, `requests of target ${index}`).to.equal(times.length);
    }
  });

  it('misses and doubles nothing where collectors poll instead of watching: registrations, a join, a leave', async () => {
    const intervalMs = 1_000;
    const ids = Array.from({ length: TARGETS }, (_, index) => ledgerId(index));
    const polling = { discoveryMode: 'poll', pollIntervalMs: 200, handoverMs: undefined } as const;
    const register = (index: number): Promise<unknown> => cluster.registerLedger(index, { interval: '1s' });
    for (let index = 0; index < 3; index += 1) await register(index);
    const requestsBefore = (await servers.ledger.ledger()).map(({ entries }) => entries.length);
    const first = await cluster.startCollector('c1', polling);
    const second = await cluster.startCollector('c2', polling);
    await eventually(() => expect(second.report.slots.written).to.be.at.least(1), { timeoutMs: 10_000 });
    for (let index = 3; index < TARGETS; index += 1) await register(index);
    await eventually(() => expect(first.targets.length + second.targets.length).to.equal(TARGETS));
    // Registrants watch their own nodes, and that is all; for a moment after each change not even these.
    const own = [...['c1', 'c2'].map((id) => `/collectors/${id}`), ...ids.map((id) => `/services/${id}`)].sort();
    await eventually(async () => {
      const watched = await cluster.watchedPaths();
      expect(own).to.include.members(watched);
      expect(watched.sort()).to.deep.equal(own);
    });
    await until(first, first.report.slots.written + 4);
    await second.stop();
    await until(first, first.report.slots.written + 2 * TARGETS);
    await first.stop();
    for (const { report } of [first, second]) expect(report.slots).to.include({ missed: 0, doubled: 0, failed: 0 });
    for (let index = 0; index < TARGETS; index += 1) {
      const times = (await cluster.slots(ledgerId(index))).map(({ slotMs }) => slotMs);
      expect(times, `target ${index}`).to.deep.equal(times.map((_, at) => (times[0] ?? 0) + at * intervalMs));
      const requests = (await servers.ledger.page(index)).entries.length - (requestsBefore[index] ?? 0);
      expect(requests, `requests of target ${index}`).to.equal(times.length);
    }
  });

  it('bears a target that comes and goes all the time, and leaves nothing of it behind', async function () {
    this.timeout(30_000 + 30 * FLAPS);
    await cluster.registerLedger(0);
    const collector = await cluster.startCollector('c1');
    await until(collector, 2);
    for (let time = 0; time < FLAPS; time += 1) await (await cluster.registerLedger(1)).close();
    await eventually(() => expect(collector.targets.map(({ target }) => target)).to.deep.equal([ledgerId(0)]));
    const last = await cluster.registerLedger(1);
    await eventually(async () => {
      const slots = await cluster.slots(ledgerId(1));
      expect(slots.filter(({ kind }) => kind === 'samples').length).to.be.at.least(3);
    });
    await last.close();
    await collector.stop();
    expect(collector.report.slots).to.include({ missed: 0, doubled: 0, dropped: 0 });
    const steady = (await cluster.slots(ledgerId(0))).map(({ slotMs }) => slotMs);
    expect(steady).to.deep.equal(steady.map((_, at) => (steady[0] ?? 0) + at * 500));
    const flapping = (await cluster.slots(ledgerId(1)))
      .filter(({ kind }) => kind !== 'end')
      .map(({ slotMs }) => slotMs);
    expect(new Set(flapping).size, 'one frame a slot').to.equal(flapping.length);
  });

  it('leaves in order when its record asks it to', async () => {
    await cluster.registerLedger(0);
    const collector = await cluster.startCollector('c1');
    await cluster.startCollector('c2');
    // It must know of its successor.
    await eventually(() => expect(collector.report.members).to.equal(2));
    const { data } = await cluster.session.getData('/collectors/c1');
    const record = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>;
    await cluster.session.setData('/collectors/c1', Buffer.from(JSON.stringify({ ...record, state: 'draining' })));
    expect(await collector.sessionEnded).to.equal(undefined);
    expect((await cluster.session.getChildren('/collectors')).children).to.deep.equal(['c2']);
    expect(collector.report.drainAtMs).to.be.greaterThan(0);
  });

  it('keeps scraping while Redis is away, and writes everything when it is back', async () => {
    for (let index = 0; index < 2; index += 1) await cluster.registerLedger(index);
    const collector = await cluster.startCollector('c1');
    await until(collector, 4);
    servers.redis.freeze();
    try {
      const { expected } = collector.report.slots;
      await eventually(() => expect(collector.report.slots.expected).to.be.at.least(expected + 8), {
        timeoutMs: 10_000,
      });
    } finally {
      servers.redis.thaw();
    }
    await eventually(
      () => {
        const { written, expected } = collector.report.slots;
        expect(expected - written).to.be.at.most(2);
      },
      { timeoutMs: 10_000 },
    );
    await collector.stop();
    expect(collector.report.slots).to.include({ missed: 0, dropped: 0, doubled: 0 });
    for (let index = 0; index < 2; index += 1) {
      const times = (await cluster.slots(ledgerId(index))).map(({ slotMs }) => slotMs);
      expect(times).to.deep.equal(times.map((_, at) => (times[0] ?? 0) + at * 500));
    }
  });

  it('keeps scraping while ZooKeeper is away', async () => {
    for (let index = 0; index < 2; index += 1) await cluster.registerLedger(index);
    const collector = await cluster.startCollector('c1');
    await until(collector, 4);
    servers.zookeeper.freeze();
    try {
      await eventually(() => expect(collector.report).to.include({ isDemoted: true }), { timeoutMs: 5_000 });
      const { written } = collector.report.slots;
      await until(collector, written + 8);
    } finally {
      servers.zookeeper.thaw();
    }
    await eventually(() => expect(collector.report).to.include({ isDemoted: false }), { timeoutMs: 10_000 });
    await collector.stop();
    expect(collector.report.slots).to.include({ missed: 0, doubled: 0, failed: 0 });
    for (let index = 0; index < 2; index += 1) {
      const times = (await cluster.slots(ledgerId(index))).map(({ slotMs }) => slotMs);
      expect(times).to.deep.equal(times.map((_, at) => (times[0] ?? 0) + at * 500));
    }
  });
});
