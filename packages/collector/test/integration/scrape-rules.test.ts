import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseSelector, silentLogger, targetId, type Logger } from '@pulsekeeper/model';
import { writeRule } from '@pulsekeeper/registry';
import { isStaleMarker } from '@pulsekeeper/store';
import { eventually, registerCleanup } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { Collector } from '../../src/index.ts';
import { EXIT_CODES, exitCodeOf } from '../../src/exit-code.ts';
import { httpTarget, type StubTarget } from '../unit/scrape/stub-target.ts';
import { SmallCluster, startServers, type Servers } from './small-cluster.ts';

describe('the scrape rule of a service', function () {
  this.timeout(30_000);
  let servers: Servers;
  let cluster: SmallCluster;

  before(async () => {
    servers = await startServers(1);
  });

  beforeEach(async () => {
    cluster = await SmallCluster.start(servers);
  });

  const targets: StubTarget[] = [];

  afterEach(async () => {
    await cluster.stop();
    await Promise.all(targets.splice(0).map((target) => target.close()));
  });

  async function serve(answer: Parameters<typeof httpTarget>[0]): Promise<StubTarget> {
    const target = await httpTarget(answer);
    targets.push(target);
    return target;
  }

  async function setRule(service: string, rule: object): Promise<void> {
    const data = Buffer.from(JSON.stringify({ interval: '500ms', timeout: '450ms', ...rule }));
    await writeRule(cluster.session, { kind: 'service', service }, data, { expectedVersion: 'any' });
  }

  async function register(service: string, instance: string, target: StubTarget, more: object = {}): Promise<void> {
    await cluster.register(service, instance, { address: new URL(target.url).host, ...more });
  }

  async function seriesOf(selector: string): Promise<Record<string, string>[]> {
    const found: Record<string, string>[] = [];
    for await (const { labels } of cluster.store.reader.select(parseSelector(selector), 0, Date.now())) {
      found.push({ ...labels });
    }
    return found;
  }

  interface Points {
    readonly labels: Record<string, string>;
    readonly times: readonly number[];
    /** When there are staleness markers. */
    readonly staleTimes: readonly number[];
    readonly isLastStale: boolean;
  }

  async function pointsOf(selector: string): Promise<Points[]> {
    const found: Points[] = [];
    const series = cluster.store.reader.select(parseSelector(selector), 0, Date.now() + 10_000);
    for await (const { labels, timestampsMs, values } of series) {
      const marks = Array.from(values, (_, index) => isStaleMarker(values, index));
      found.push({
        labels: { ...labels },
        times: [...timestampsMs],
        staleTimes: [...timestampsMs].filter((_, index) => marks[index] === true),
        isLastStale: marks.at(-1) === true,
      });
    }
    return found;
  }

  it('relabels targets and series, and drops what it says', async () => {
    let count = 0;
    const target = await serve((_, answer) => {
      count += 1;
      const body = `noise 1\njobs{path="/user/7",uid="x"} ${count}\njobs{path="/user/8",uid="y"} 5\nbuilds{uid="z"} 3\n`;
      answer.setHeader('content-type', 'text/plain').end(body);
    });
    await setRule('shop', {
      relabel_configs: [
        { source_labels: ['zone'], regex: 'us-.*', action: 'drop' },
        { source_labels: ['zone'], regex: '(..)-.*', target_label: 'region' },
        { action: 'labeldrop', regex: 'zone' },
      ],
      metric_relabel_configs: [
        { source_labels: ['__name__'], regex: 'noise', action: 'drop' },
        { source_labels: ['path'], regex: '/user/.*', target_label: 'path', replacement: '/user/*' },
        { action: 'labeldrop', regex: 'uid' },
        { source_labels: ['__name__', 'region'], regex: 'builds;(.*)', target_label: 'built_in' },
      ],
    });
    await register('shop', 'a', target, { labels: { zone: 'eu-1' } });
    await register('shop', 'b', target, { labels: { zone: 'us-1' } });
    const collector = await cluster.startCollector('c1');
    await eventually(() => expect(collector.report.slots.written).to.be.at.least(3), { timeoutMs: 15_000 });
    const dropped = collector.targets.find(({ target: id }) => id === 'shop/b');
    expect(dropped).to.deep.include({ health: 'rejected', url: undefined });
    expect(dropped?.lastError?.message).to.equal('dropped by relabel_configs[0], action drop');
    await collector.stop();
    const identity = { service: 'shop', instance: 'a', region: 'eu' };
    expect(await seriesOf('{service="shop",__name__!~"up|scrape_.*"}')).to.have.deep.members([
      { __name__: 'jobs', path: '/user/*', ...identity },
      { __name__: 'builds', built_in: 'eu', ...identity },
    ]);
  });

  it('is applied within a second of a change, which the log and the status say', async () => {
    const target = await serve((_, answer) => void answer.setHeader('content-type', 'text/plain').end('a 1\n'));
    await register('shop', 'a', target, { interval: undefined });
    const lines: unknown[] = [];
    const log = (...line: unknown[]): void => void lines.push(line);
    const logger: Logger = { ...silentLogger, info: log, child: () => logger };
    const collector = await cluster.startCollector('c1', { logger });
    await eventually(() => expect(collector.targets.map(({ intervalMs }) => intervalMs)).to.deep.equal([15_000]));
    expect(collector.report.rulesAppliedAtMs).to.equal(undefined);
    await setRule('shop', { interval: '700ms', timeout: '600ms' });
    await eventually(() => expect(collector.targets[0]?.intervalMs).to.equal(700), { timeoutMs: 1000 });
    expect(lines).to.deep.include([
      { haveDefaultsChanged: false, services: ['shop'], targets: 1 },
      'scrape rules applied',
    ]);
    const status = (await (await fetch(`${collector.statusUrl}/status`)).json()) as { rulesAppliedAtMs?: number };
    expect(status.rulesAppliedAtMs).to.equal(collector.report.rulesAppliedAtMs).and.to.be.a('number');
  });

  it('names credentials that collectors have, and fails only those targets that get none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rules-'));
    registerCleanup({ name: 'credentials', run: () => rm(folder, { recursive: true, force: true }) });
    const credentialsFile = join(folder, 'credentials.yaml');
    await writeFile(credentialsFile, 'profiles: {a: {hosts: [127.0.0.1], bearer: {token: hunter2}}}', { mode: 0o600 });
    const target = await serve((request, answer) => {
      answer.statusCode = request.headers.authorization === 'Bearer hunter2' ? 200 : 403;
      answer.setHeader('content-type', 'text/plain').end('a 1\n');
    });
    const lines: unknown[] = [];
    const log = (...line: unknown[]): void => void lines.push(line);
    const logger: Logger = { ...silentLogger, debug: log, info: log, warn: log, error: log, child: () => logger };
    await setRule('shop', { credentials: 'a', retries: 0 });
    await register('shop', 'known', target);
    await register('shop', 'other', target, { credentials: 'b' });
    await register('bank', 'none', target, { interval: '500ms', timeout: '450ms', retries: 0 });
    const collector = await cluster.startCollector('c1', { credentialsFile, logger });
    await eventually(() => expect(collector.targets.map(({ health }) => health)).not.to.include('unknown'), {
      timeoutMs: 15_000,
    });
    const errors = Object.fromEntries(collector.targets.map(({ target: id, lastError }) => [id, lastError?.reason]));
    expect(errors).to.deep.equal({ 'shop/known': undefined, 'shop/other': 'credentials', 'bank/none': 'http_status' });
    const pages = ['/targets', '/status', '/metrics', '/metrics/targets'].map(async (path) =>
      (await fetch(`${collector.statusUrl}${path}`)).text(),
    );
    expect([...(await Promise.all(pages)), JSON.stringify(lines)].join('\n'))
      .to.contain('pulsekeeper_scrape_failures_total{reason="credentials"}')
      .and.not.contain('hunter2');
  });

  it('does not start with a file of credentials that is no good', async () => {
    const starting = cluster.startCollector('c1', { credentialsFile: join(tmpdir(), 'no-such-file.yaml') });
    const error: unknown = await starting.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('code', 'InvalidConfig');
    expect(exitCodeOf(error)).to.equal(EXIT_CODES.wrongUsage);
  });

  it('honours the labels and times of the body, or does not', async () => {
    const bodyMs = Date.now() - 60_000;
    const target = await serve((_, answer) => {
      answer.setHeader('content-type', 'text/plain').end(`a{service="x"} 1 ${bodyMs}\n`);
    });
    await setRule('honoured', { honor_labels: true });
    await setRule('plain', { honor_timestamps: false });
    await register('honoured', 'one', target);
    await register('plain', 'two', target);
    const collector = await cluster.startCollector('c1');
    await eventually(
      () => expect(collector.targets.map(({ slots }) => slots.written >= 2)).to.deep.equal([true, true]),
      {
        timeoutMs: 15_000,
      },
    );
    await collector.stop();
    const [honoured, ...others] = await pointsOf('a{instance="one"}');
    expect(others).to.deep.equal([]);
    expect(honoured?.labels).to.deep.equal({ __name__: 'a', service: 'x', instance: 'one' });
    expect(honoured?.times).to.deep.equal([bodyMs]);
    const [plain] = await pointsOf('a{instance="two"}');
    expect(plain?.labels).to.deep.equal({ __name__: 'a', service: 'plain', instance: 'two', exported_service: 'x' });
    const scraped = (await cluster.slots(targetId('plain', 'two'))).filter(({ up }) => up);
    expect(plain?.times).to.deep.equal(scraped.map(({ timestampMs }) => timestampMs));
  });

  it('ends a series with a marker when it or the target vanishes, not when the target moves', async () => {
    let hasMore = true;
    const target = await serve((_, answer) => {
      answer.setHeader('content-type', 'text/plain').end(`a 1\n${hasMore ? 'b 1\n' : ''}`);
    });
    await setRule('shop', {});
    const address = new URL(target.url).host;
    const registration = await cluster.register('shop', 'one', { address });
    const written = (collector: Collector): number => collector.report.slots.written;
    const first = await cluster.startCollector('c1');
    await eventually(() => expect(written(first)).to.be.at.least(2), { timeoutMs: 15_000 });
    const second = await cluster.startCollector('c2');
    const third = await cluster.startCollector('c3');
    await first.stop();
    const others = (): number => written(second) + written(third);
    await eventually(() => expect(others()).to.be.at.least(2), { timeoutMs: 15_000 });
    hasMore = false;
    const before = others();
    await eventually(() => expect(others()).to.be.at.least(before + 3), { timeoutMs: 15_000 });
    const [[a], [b], slots] = await Promise.all([pointsOf('a'), pointsOf('b'), cluster.slots(targetId('shop', 'one'))]);
    // A scrape that failed, on a machine that is busy, would end all series, too.
    const downTimes = slots.filter(({ up }) => !up).map(({ timestampMs }) => timestampMs);
    expect(downTimes).to.include.members(a?.staleTimes ?? []);
    expect(b?.isLastStale).to.equal(true);
    await registration.close();
    await eventually(async () => expect((await cluster.slots(targetId('shop', 'one'))).at(-1)?.kind).to.equal('end'), {
      timeoutMs: 15_000,
    });
    expect((await pointsOf('a'))[0]?.isLastStale).to.equal(true);
  });
});
