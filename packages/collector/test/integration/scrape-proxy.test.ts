import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { canMakeCertificates, eventually, makeAuthority, type TestAuthority } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { AddressPolicyOptions } from '../../src/scrape/address-policy.ts';
import type { NameLookup } from '../../src/scrape/name-lookup.ts';
import type { TargetScraper } from '../../src/scrape/target-scraper.ts';
import { startStubProxy, type StubProxy, type StubProxyOptions } from '../unit/scrape/stub-proxy.ts';
import { connectionsOf, credentialsOf, scraperOf } from '../unit/scrape/scraping.ts';
import { httpsTarget, httpTarget, rawTarget, type StubTarget } from '../unit/scrape/stub-target.ts';

const SECRET = 'hunter2hunter2';
const basicOf = (username: string): string => `Basic ${Buffer.from(`${username}:${SECRET}`).toString('base64')}`;

describe('scrapes by way of a proxy', function () {
  this.timeout(20_000);
  let folder: string;
  let scraper: TargetScraper | undefined;
  let proxy: StubProxy;
  const servers: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scrape-proxy-'));
  });

  afterEach(async () => {
    scraper?.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  async function startProxy(options?: StubProxyOptions): Promise<void> {
    proxy = await startStubProxy(options);
    servers.push(proxy);
  }

  async function serve(answer: Parameters<typeof httpTarget>[0]): Promise<StubTarget> {
    const target = await httpTarget(answer);
    servers.push(target);
    return target;
  }

  const good: Parameters<typeof httpTarget>[0] = (_, answer) => {
    answer.setHeader('content-type', 'text/plain').end('a 1\n');
  };

  /** A scraper whose profile names the proxy; it knows no name but that of the proxy. */
  async function start(
    url: string,
    { policy = {}, ...profile }: { policy?: AddressPolicyOptions; proxy?: object; [field: string]: unknown } = {},
  ): Promise<TargetScraper> {
    const given = { hosts: ['127.0.0.1', '.example', '169.254.0.0/16'], proxy: { url: proxy.url }, ...profile };
    await writeFile(join(folder, 'password'), SECRET, { mode: 0o600 });
    const file = join(folder, 'credentials.json');
    await writeFile(file, JSON.stringify({ profiles: { a: given } }), { mode: 0o600 });
    const lookup: NameLookup = (name) =>
      name === 'proxy.test'
        ? Promise.resolve({ addresses: ['127.0.0.1'], ttlSeconds: 60 })
        : Promise.reject(new Error(`${name} is not to be looked up`));
    const connections = connectionsOf({ lookup, policy });
    const credentials = credentialsOf(file, connections);
    await credentials.start();
    credentials.stop();
    scraper = scraperOf(url, { rule: { credentials: 'a' }, connections, credentials });
    return scraper;
  }

  it('asks it for the whole URL, with its password, and leaves the name to it', async () => {
    await startProxy();
    const seen: unknown[] = [];
    const target = await serve((request, answer) => {
      const { host, authorization, 'proxy-authorization': forProxy } = request.headers;
      seen.push([request.url, host, authorization, forProxy]);
      good(request, answer);
    });
    const { host } = new URL(target.url.replace('127.0.0.1', 'db.example'));
    const one = await start(`http://${host}/metrics`, {
      basic: { username: 'target', passwordFile: 'password' },
      proxy: {
        url: proxy.url.replace('127.0.0.1', 'proxy.test'),
        basic: { username: 'proxy', passwordFile: 'password' },
      },
    });
    for (let times = 0; times < 2; times += 1) expect((await one.scrape(2_000)).error).to.equal(undefined);
    expect(proxy.asked).to.deep.equal([`GET http://${host}/metrics`, `GET http://${host}/metrics`]);
    expect(proxy.authorizations).to.deep.equal([basicOf('proxy'), basicOf('proxy')]);
    const request = ['/metrics', host, basicOf('target'), undefined];
    expect(seen).to.deep.equal([request, request]);
    expect(proxy.connections).to.equal(1);
  });

  it('reaches the proxy where the policy denies its network to targets', async () => {
    await startProxy();
    const target = await serve(good);
    const url = target.url.replace('127.0.0.1', 'db.example');
    const one = await start(url, {
      policy: { deny: ['127.0.0.0/8'] },
      proxy: { url: proxy.url.replace('127.0.0.1', 'proxy.test') },
    });
    expect((await one.scrape(2_000)).error).to.equal(undefined);
  });

  it('asks it for no target that the policy denies by its name or address', async () => {
    await startProxy();
    for (const url of ['http://db.example/metrics', 'http://169.254.169.254/', 'https://db.example/']) {
      const one = await start(url, { policy: { deny: ['.example'] } });
      for (let times = 0; times < 2; times += 1) {
        expect((await one.scrape(2_000)).error?.reason, url).to.equal('address_denied');
      }
      one.close();
    }
    expect(proxy.connections).to.equal(0);
  });

  it('asks it for no name that the profile is bound to by networks only', async () => {
    await startProxy();
    const { error } = await (await start('http://db.example/', { hosts: ['127.0.0.0/8'] })).scrape(2_000);
    expect(error?.reason).to.equal('credentials');
    expect(error?.message).to.contain('not bound to the name db.example');
    expect(proxy.connections).to.equal(0);
  });

  it('tells what it answered, and that nobody is there', async () => {
    await startProxy({ refusal: 407 });
    const plain = (await (await start('http://db.example/')).scrape(2_000)).error;
    expect([plain?.reason, plain?.message]).to.deep.equal(['http_status', 'status 407']);
    const tunnel = (await (await start('https://db.example/')).scrape(2_000)).error;
    expect(tunnel?.reason).to.equal('connection_error');
    expect(tunnel?.message).to.equal('the proxy answered CONNECT with status 407');
    expect(proxy.asked).to.deep.equal(['GET http://db.example/', 'CONNECT db.example:443']);
    await proxy.close();
    for (const scheme of ['http', 'https']) {
      const nobody = (await (await start(`${scheme}://db.example/`)).scrape(2_000)).error;
      expect(nobody?.reason, scheme).to.equal('connection_refused');
    }
  });

  const noTunnel: [answer: string, reason: string][] = [
    ['', 'connection_reset'],
    ['HTTP/1.1 200 OK\r\nx', 'connection_reset'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'http_protocol'],
    ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'http_protocol'],
  ];
  for (const [answer, reason] of noTunnel) {
    it(`asks once an attempt where the tunnel ends with ${JSON.stringify(answer)}`, async () => {
      const ending = await rawTarget(answer, (socket) => socket.end());
      servers.push(ending);
      const one = await start('https://db.example/', { proxy: { url: new URL(ending.url).origin } });
      for (let times = 0; times < 2; times += 1) {
        const { error } = await one.scrape(1_000);
        expect(error?.reason, error?.message).to.equal(reason);
      }
      expect(ending.connections).to.equal(2);
    });
  }

  it('ends an attempt at its deadline, and leaves no socket behind', async () => {
    await startProxy({ refusal: 0 });
    for (const scheme of ['http', 'https']) {
      const one = await start(`${scheme}://db.example/`);
      expect((await one.scrape(300)).error?.reason, scheme).to.equal('timeout');
    }
    await eventually(() => expect(proxy.open).to.equal(0));
    expect(proxy.connections).to.equal(2);
  });

  describe('over TLS', () => {
    let authority: TestAuthority;

    before(async function () {
      if (!canMakeCertificates()) this.skip();
      authority = await makeAuthority();
    });

    async function serveTls(): Promise<string> {
      const target = await httpsTarget(await authority.issue('server', 'DNS:db.example'), (request, answer) => {
        const { authorization, 'proxy-authorization': forProxy } = request.headers;
        answer.setHeader('content-type', 'text/plain');
        answer.end(`a{authorization="${authorization}",forProxy="${forProxy}"} 1\n`);
      });
      servers.push(target);
      return `db.example:${new URL(target.url).port}`;
    }

    it('leads through a tunnel that sees no credentials of the target', async () => {
      await startProxy();
      const host = await serveTls();
      const one = await start(`https://${host}/metrics`, {
        tls: { ca: authority.ca },
        bearer: { token: 'of-the-target' },
        proxy: { url: proxy.url, basic: { username: 'proxy', password: SECRET } },
      });
      for (let times = 0; times < 2; times += 1) {
        const { error, exposition } = await one.scrape(2_000);
        expect(error?.message).to.equal(undefined);
        const key = Buffer.from(exposition?.keys ?? []).toString();
        expect(key).to.equal('a{authorization="Bearer of-the-target",forProxy="undefined"}\n');
      }
      expect(proxy.asked).to.deep.equal([`CONNECT ${host}`]);
      expect(proxy.authorizations).to.deep.equal([basicOf('proxy')]);
    });

    it('takes no certificate of an authority that is not known', async () => {
      await startProxy();
      const { error } = await (await start(`https://${await serveTls()}/`)).scrape(2_000);
      expect(error?.reason, error?.message).to.equal('tls');
    });
  });
});
