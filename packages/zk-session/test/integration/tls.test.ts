import {
  canStartTlsZooKeeper,
  makeAuthority,
  startTlsZooKeeper,
  TcpProxy,
  timeFactor,
  type TestAuthority,
  type TestCertificate,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { ZkTlsOptions } from '../../src/index.ts';
import { codeOf, makeSession, newChroot, startSession, startSilentServer, untilState } from './session-harness.ts';

const EMPTY = new Uint8Array();
describe('a session over TLS', function () {
  this.timeout(30_000);
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let client: TestCertificate;
  let port: number;
  let plainAddress: string;

  before(async function () {
    if (!canStartTlsZooKeeper()) this.skip();
    const zookeeper = await startTlsZooKeeper();
    ({ authority, port } = zookeeper);
    stranger = await makeAuthority();
    client = await authority.issue('client', 'DNS:client.example');
    plainAddress = zookeeper.server.connectString;
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
