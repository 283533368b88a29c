import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

import {
  canMakeCertificates,
  makeAuthority,
  type TestAuthority,
  type TestCertificate,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { CredentialStore } from '../../src/credentials/credential-store.ts';
import type { TargetScraper } from '../../src/scrape/target-scraper.ts';
import { connectionsOf, credentialsOf, scraperOf } from '../unit/scrape/scraping.ts';
import { httpsTarget, httpTarget, type StubTarget } from '../unit/scrape/stub-target.ts';

const SECRET = 'hunter2hunter2';
const BASIC = `Basic ${Buffer.from(`u:${SECRET}`).toString('base64')}`;

describe('scrapes with credentials', function () {
  this.timeout(20_000);
  let folder: string;
  let store: CredentialStore | undefined;
  let scraper: TargetScraper | undefined;
  const targets: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scrape-credentials-'));
  });

  afterEach(async () => {
    store?.stop();
    scraper?.close();
    await Promise.all(targets.splice(0).map((target) => target.close()));
    await rm(folder, { recursive: true });
  });

  async function write(name: string, text: string): Promise<void> {
    const path = join(folder, name);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** A scraper whose rule names the profile `a`. */
  async function start(url: string, profile: object, lookup?: string): Promise<TargetScraper> {
    await write('credentials.json', JSON.stringify({ profiles: { a: profile } }));
    const resolve = () => Promise.resolve({ addresses: [lookup ?? ''], ttlSeconds: 60 });
    const connections = connectionsOf(lookup === undefined ? {} : { lookup: resolve });
    store = credentialsOf(join(folder, 'credentials.json'), connections);
    await store.start();
    scraper = scraperOf(url, { rule: { credentials: 'a' }, connections, credentials: store });
    return scraper;
  }

  async function serve(answer: Parameters<typeof httpTarget>[0]): Promise<StubTarget> {
    const target = await httpTarget(answer);
    targets.push(target);
    return target;
  }

  /** Answers those who know the secret. */
  const guarded: Parameters<typeof httpTarget>[0] = (request, answer) => {
    answer.statusCode = request.headers.authorization === BASIC ? 200 : 401;
    answer.setHeader('content-type', 'text/plain').end('a 1\n');
  };
  const basic = { hosts: ['127.0.0.1'], basic: { username: 'u', passwordFile: 'password' } };

  it('sends them, and takes up new ones at the next scrape', async () => {
    const target = await serve(guarded);
    await write('password', 'wrong');
    const one = await start(target.url, basic);
    expect((await one.scrape(2_000)).error?.message).to.equal('status 401');
    await write('password', SECRET);
    await store?.refresh();
    expect((await one.scrape(2_000)).error).to.equal(undefined);
    expect((await one.scrape(2_000)).error).to.equal(undefined);
    expect(target.connections).to.equal(2);
  });

  it('asks no target that they are not bound to, by address or by name', async () => {
    const target = await serve(guarded);
    await write('password', SECRET);
    const elsewhere = await start(target.url, { ...basic, hosts: ['10.0.0.0/8', '.example'] });
    const { error, attempts } = await elsewhere.scrape(2_000);
    expect(error?.reason).to.equal('credentials');
    expect(error?.message).to.equal('the profile a is not bound to the host 127.0.0.1');
    expect([attempts, target.requests, target.connections]).to.deep.equal([1, 0, 0]);
  });

  it('connects to a name only at addresses that they are bound to', async () => {
    const target = await serve(guarded);
    await write('password', SECRET);
    const url = target.url.replace('127.0.0.1', 'db.example');
    const elsewhere = await start(url, { ...basic, hosts: ['10.0.0.0/8'] }, '127.0.0.1');
    const { error } = await elsewhere.scrape(2_000);
    expect(error?.reason).to.equal('credentials');
    expect(error?.message).to.match(/not bound to the host db\.example, nor to 127\.0\.0\.1/);
    expect(target.connections).to.equal(0);
    elsewhere.close();
    store?.stop();
    const here = await start(url, { ...basic, hosts: ['127.0.0.0/8'] }, '127.0.0.1');
    expect((await here.scrape(2_000)).error).to.equal(undefined);
  });

  it('does not get past the address policy by being bound', async () => {
    await write('password', SECRET);
    const denied = await start('http://169.254.169.254/', { ...basic, hosts: ['169.254.0.0/16'] });
    expect((await denied.scrape(2_000)).error?.reason).to.equal('address_denied');
  });

  it('names the profile that there is not', async () => {
    const target = await serve(guarded);
    scraper = scraperOf(target.url, { rule: { credentials: 'b', retries: 3 } });
    const outcome = await scraper.scrape(2_000);
    expect(outcome.error).to.include({ reason: 'credentials', retryable: false });
    expect(outcome.error?.message).to.match(/^there is no profile b/);
    expect([outcome.attempts, target.requests]).to.deep.equal([1, 0]);
  });

  it('never go along with a redirect to another origin', async () => {
    const seen: (string | undefined)[] = [];
    const thief = await serve((request, answer) => {
      seen.push(request.headers.authorization);
      answer.setHeader('content-type', 'text/plain').end('a 666\n');
    });
    const target = await serve((_, answer) => void answer.writeHead(302, { location: thief.url }).end());
    await write('password', SECRET);
    await start(target.url, basic);
    const connections = connectionsOf();
    for (const followRedirects of [false, true]) {
      const one = scraperOf(target.url, {
        rule: { credentials: 'a', followRedirects },
        connections,
        ...(store && { credentials: store }),
      });
      const { error } = await one.scrape(2_000);
      expect(error?.reason).to.equal('redirect');
      expect(error?.message).not.to.contain(SECRET);
      one.close();
    }
    expect([seen, thief.connections]).to.deep.equal([[], 0]);
  });

  describe('over TLS', () => {
    let authority: TestAuthority;
    let stranger: TestAuthority;
    let server: TestCertificate;
    let client: TestCertificate;

    before(async function () {
      if (!canMakeCertificates()) this.skip();
      [authority, stranger] = await Promise.all([makeAuthority(), makeAuthority()]);
      server = await authority.issue('server', 'DNS:db.example');
      client = await authority.issue('client', 'DNS:scraper.example');
    });

    /** Serves the names of its clients' certificates. */
    async function serveTls(options: { needsCertificate: boolean }): Promise<string> {
      const { needsCertificate: requestCert } = options;
      const target = await httpsTarget(
        { ...server, ca: authority.ca, requestCert, rejectUnauthorized: requestCert },
        (request, answer) => {
          const { socket } = request;
          const subject = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.subject : undefined;
          answer.setHeader('content-type', 'text/plain');
          answer.end(`client{subject="${subject ?? ''}"} 1\n`);
        },
      );
      targets.push(target);
      return target.url;
    }

    const hosts = ['127.0.0.1'];

    it('takes the authority and the name of the profile, and shows its certificate', async () => {
      const url = await serveTls({ needsCertificate: true });
      await write('client.pem', client.cert);
      await write('client.key', client.key);
      const tls = { ca: authority.ca, serverName: 'db.example', certFile: 'client.pem', keyFile: 'client.key' };
      const { error, exposition } = await (await start(url, { hosts, tls })).scrape(2_000);
      expect(error).to.equal(undefined);
      expect(Buffer.from(exposition?.keys ?? []).toString()).to.equal('client{subject="CN=client"}\n');
    });

    const refused: [title: string, tls: () => object][] = [
      ['the authority is not known', () => ({ serverName: 'db.example' })],
      ['the certificate is of another authority', () => ({ serverName: 'db.example', ca: stranger.ca })],
      ['the certificate is for another name', () => ({ serverName: 'other.example', ca: authority.ca })],
      ['the host is not in the certificate', () => ({ ca: authority.ca })],
    ];
    for (const [title, tls] of refused) {
      it(`fails when ${title}`, async () => {
        const url = await serveTls({ needsCertificate: false });
        const one = await start(url, { hosts, tls: tls() });
        for (let times = 0; times < 3; times += 1) {
          const { error } = await one.scrape(1_000);
          expect(error?.reason, error?.message).to.equal('tls');
        }
      });
    }

    it('fails without the certificate that the target wants', async () => {
      const url = await serveTls({ needsCertificate: true });
      const { error } = await (
        await start(url, { hosts, tls: { ca: authority.ca, serverName: 'db.example' } })
      ).scrape(2_000);
      expect(error?.reason, error?.message).to.be.oneOf(['tls', 'connection_reset']);
    });

    it('takes any certificate where it is told to', async () => {
      const url = await serveTls({ needsCertificate: false });
      const { error } = await (await start(url, { hosts, tls: { insecureSkipVerify: true } })).scrape(2_000);
      expect(error).to.equal(undefined);
    });

    it('verifies certificates of targets without a profile', async () => {
      scraper = scraperOf(await serveTls({ needsCertificate: false }));
      expect((await scraper.scrape(2_000)).error?.reason).to.equal('tls');
    });
  });
});
