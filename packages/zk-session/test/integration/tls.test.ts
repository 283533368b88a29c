import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, startZooKeeper, TcpProxy, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { ZkTlsOptions } from '../../src/index.ts';
import { codeOf, makeSession, newChroot, startSession, startSilentServer, untilState } from './session-harness.ts';
import { canMakeCertificates, makeAuthority, type TestAuthority, type TestCertificate } from './test-certificates.ts';

const EMPTY = new Uint8Array();
// ZooKeeper speaks TLS with Netty only, part of which its jar's manifest leaves out.
const NETTY = ['buffer', 'codec', 'common', 'handler', 'resolver', 'transport', 'transport-native-unix-common'].map(
  (part) => `/usr/share/java/netty-${part}.jar`,
);

describe('a session over TLS', function () {
  this.timeout(30_000);
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let client: TestCertificate;
  let port: number;
  let plainAddress: string;

  before(async function () {
    if (!canMakeCertificates() || !NETTY.every((path) => existsSync(path))) this.skip();
    authority = await makeAuthority();
    stranger = await makeAuthority();
    client = await authority.issue('client', 'DNS:client.example');
    await authority.issue('server', 'DNS:localhost,DNS:zookeeper.example,IP:127.0.0.1');
    const { folder } = authority;
    const toStore = ['pkcs12', '-export', '-in', 'server.pem', '-inkey', 'server.key', '-out', 'server.p12'];
    await promisify(execFile)('openssl', [...toStore, '-passout', 'pass:secret'], { cwd: folder });
    port = await freePort();
    const server = await startZooKeeper({
      javaArgs: [`-Xbootclasspath/a:${NETTY.join(':')}`],
      config: {
        serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
        secureClientPort: port,
        secureClientPortAddress: '127.0.0.1',
        'ssl.keyStore.location': join(folder, 'server.p12'),
        'ssl.keyStore.type': 'PKCS12',
        'ssl.keyStore.password': 'secret',
        'ssl.trustStore.location': join(folder, 'ca.pem'),
        'ssl.trustStore.type': 'PEM',
        'ssl.clientAuth': 'need',
        'authProvider.x509': 'org.apache.zookeeper.server.auth.X509AuthenticationProvider',
      },
    });
    plainAddress = server.connectString;
  });

  function tls(more: ZkTlsOptions = {}): ZkTlsOptions {
    return { ca: authority.ca, ...client, ...more };
  }

  it('works with an authority and a client certificate, which also owns what it makes', async () => {
    const chroot = newChroot();
    const connectString = `localhost:${port},127.0.0.1:${port}${chroot}`;
    const session = await startSession({ connectString, tls: tls(), acl: 'creator-all-world-read' });
    await session.create('/a', Buffer.from('data'), { ephemeral: true });
    expect(Buffer.from((await session.getData('/a')).data).toString()).to.equal('data');
    expect(session.lease.isHeld()).to.equal(true);
    const plain = await startSession({ connectString: plainAddress });
    expect(await codeOf(plain.setData(`${chroot}/a`, EMPTY))).to.equal('NoAuth');
  });

  it('is resumed after a cut, and notices a link that went silent', async () => {
    const proxy = await TcpProxy.start({ target: { port } });
    const session = await startSession({
      connectString: `${proxy.address}${newChroot()}`,
      tls: tls(),
      sessionTimeoutMs: 4000,
    });
    proxy.reset();
    await untilState(session, 'suspended');
    await untilState(session, 'connected');
    const stalledAtMs = performance.now();
    proxy.stall('both');
    expect((await untilState(session, 'suspended')) - stalledAtMs).to.be.below(2000 * timeFactor);
    await proxy.resume();
    await untilState(session, 'connected');
    expect(session.state).to.include({ generation: 1 });
  });

  const refused: [title: string, options: () => ZkTlsOptions, named: RegExp][] = [
    ['an authority that it does not trust', () => tls({ ca: stranger.ca }), /self-signed|unable to verify|certificate/],
    ["a certificate that lacks the server's name", () => tls({ serverName: 'other.example' }), /other\.example/],
    ["a certificate that lacks the server's address", () => tls({ serverName: '10.9.8.7' }), /10\.9\.8\.7/],
  ];
  for (const [title, options, named] of refused) {
    it(`refuses ${title}`, async () => {
      const session = makeSession({ connectString: `127.0.0.1:${port}`, tls: options(), connectTimeoutMs: 500 });
      const error: unknown = await session.start().catch((caught: unknown) => caught);
      expect(error).to.include({ code: 'ConnectTimeout' });
      expect((error as Error).message).to.match(named);
    });
  }

  it('checks the name that it is told instead of the address', async () => {
    const options = tls({ serverName: 'zookeeper.example' });
    const session = await startSession({ connectString: `127.0.0.1:${port}`, tls: options });
    expect(session.state.kind).to.equal('connected');
  });

  it('gets no session without the client certificate that the server wants', async () => {
    const session = makeSession({
      connectString: `127.0.0.1:${port}`,
      tls: { ca: authority.ca },
      connectTimeoutMs: 700,
    });
    expect(await codeOf(session.start())).to.equal('ConnectTimeout');
  });

  it('leaves a server that accepts and never shakes hands', async () => {
    const silent = await startSilentServer();
    const connectString = `127.0.0.1:${silent.port},127.0.0.1:${port}`;
    await startSession({ connectString, tls: tls(), sessionTimeoutMs: 2000, random: () => 0.5 });
    expect(silent.accepted()).to.equal(1);
  });
});
