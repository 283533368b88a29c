import { parseSelector, targetId } from '@pulsekeeper/model';
import { writeRule } from '@pulsekeeper/registry';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

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
    const data = Buffer.from(JSON.stringify({ interval: '300ms', timeout: '250ms', ...rule }));
    await writeRule(cluster.session, { kind: 'service', service }, data, { expectedVersion: undefined });
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
    const slots = await cluster.slots(targetId('shop', 'a'));
    const reports = slots.filter(({ kind }) => kind !== 'end');
    expect(reports.every(({ up }) => up)).to.equal(true);
    expect(collector.report.slots).to.include({ failed: 0, missed: 0, doubled: 0 });
  });
});
