import { parseSelector, targetId, type ForeignSource, type LabelSet } from '@pulsekeeper/model';
import { writeRule } from '@pulsekeeper/registry';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { SmallCluster, startServers, type Servers } from './small-cluster.ts';

describe('a collector and instances that are registered in foreign trees', function () {
  this.timeout(30_000);
  let servers: Servers;
  let cluster: SmallCluster;

  before(async () => {
    servers = await startServers(4);
  });

  beforeEach(async () => {
    cluster = await SmallCluster.start(servers);
  });

  afterEach(() => cluster.stop());

  /** Where a ledger target listens, as the formats want it. */
  function at(index: number): { host: string; port: number; path: string } {
    const { address = '', path = '' } = servers.ledger.targets[index] ?? {};
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)), path };
  }

  async function setRule(service: string, source: ForeignSource, path: string): Promise<void> {
    const rule = { source, path, interval: '500ms', timeout: '400ms' };
    const data = Buffer.from(JSON.stringify(rule));
    await writeRule(cluster.session, { kind: 'service', service }, data, { expectedVersion: 'any' });
  }

  async function put(path: string, data: unknown): Promise<void> {
    await cluster.session.ensurePath(path.slice(0, path.lastIndexOf('/')));
    await cluster.session.create(path, Buffer.from(JSON.stringify(data)), { ephemeral: true });
  }

  async function labelsOf(service: string): Promise<LabelSet[]> {
    const found: LabelSet[] = [];
    const matchers = parseSelector(`ledger_scrapes_total{service="${service}"}`);
    for await (const { labels } of cluster.store.reader.select(matchers, 0, Date.now())) found.push(labels);
    return found;
  }

  it('scrapes those of all three formats, with the labels that these carry', async () => {
    const [web, cache, search] = [at(0), at(1), at(2)];
    await setRule('web', { kind: 'serverset', path: '/aurora/web', endpoint: 'admin' }, web.path);
    await setRule('cache', { kind: 'nerve', path: '/nerve/cache/services' }, cache.path);
    await setRule('search', { kind: 'curator', path: '/discovery/search' }, search.path);
    await put('/aurora/web/member_0000000007', {
      serviceEndpoint: { host: 'nowhere.invalid', port: 1 },
      additionalEndpoints: { admin: { host: web.host, port: web.port } },
      status: 'ALIVE',
      shard: 4,
    });
    const encoded = Buffer.from(
      JSON.stringify({ host: cache.host, port: cache.port, name: 'c-1', labels: { az: 'b' } }),
    );
    const name = encoded.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    await put(`/nerve/cache/services/base64_${name.length}_${name}_0000000002`, {});
    await put('/discovery/search/7d1c', {
      name: 'search',
      id: '7d1c',
      address: search.host,
      port: search.port,
      sslPort: null,
      payload: null,
      registrationTimeUTC: 1,
      serviceType: 'DYNAMIC',
      uriSpec: null,
      enabled: true,
    });

    await cluster.startCollector('c1');
    await eventually(
      async () => {
        for (const [service, instance] of [
          ['web', 'member_0000000007'],
          ['cache', 'c-1_0000000002'],
          ['search', '7d1c'],
        ] as const) {
          const slots = await cluster.slots(targetId(service, instance));
          expect(slots.at(-1)?.up, service).to.equal(true);
        }
      },
      { timeoutMs: 15_000 },
    );
    await eventually(async () => {
      expect(await labelsOf('web')).to.have.nested.property('[0].shard', '4');
      expect(await labelsOf('cache')).to.have.nested.property('[0].az', 'b');
      expect(await labelsOf('search')).to.have.nested.property('[0].instance', '7d1c');
    });
  });

  it('goes to another endpoint of the same member when the rule says so', async () => {
    const [first, second] = [at(0), at(3)];
    await put('/aurora/web/member_0000000001', {
      serviceEndpoint: { host: first.host, port: first.port },
      additionalEndpoints: { admin: { host: second.host, port: second.port } },
      status: 'ALIVE',
    });
    await setRule('web', { kind: 'serverset', path: '/aurora/web' }, first.path);
    const collector = await cluster.startCollector('c1');
    const urls = (): (string | undefined)[] => collector.targets.map(({ url }) => url);
    await eventually(() => expect(urls()).to.deep.equal([`http://${first.host}:${first.port}${first.path}`]));
    await setRule('web', { kind: 'serverset', path: '/aurora/web', endpoint: 'admin' }, second.path);
    await eventually(() => expect(urls()).to.deep.equal([`http://${second.host}:${second.port}${second.path}`]));
  });
});
