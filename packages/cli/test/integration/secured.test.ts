import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import {
  canStartTlsZooKeeper,
  findExecutable,
  freePort,
  startRedis,
  startTlsZooKeeper,
  type TlsZooKeeper,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { fillCluster } from '../support/filled-cluster.ts';
import { BINARY, runBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession } from '../support/sessions.ts';

/** What colours begin with. */
const ESCAPE = '\u001b[';

describe('pulsekeeper with secured servers', function () {
  this.timeout(60_000);
  let zookeeper: TlsZooKeeper;
  let settings: Record<string, string>;
  let plainConnectString: string;
  let plainRedisUrl: string;

  before(async function () {
    if (!canStartTlsZooKeeper()) this.skip();
    zookeeper = await startTlsZooKeeper();
    const { folder } = zookeeper.authority;
    await zookeeper.authority.issue('operator', 'DNS:operator.example');
    const tlsPort = await freePort();
    const file = (name: string): string => join(folder, name);
    const redis = await startRedis({
      extraArgs: [
        ...['--tls-port', `${tlsPort}`, '--tls-ca-cert-file', file('ca.pem'), '--tls-auth-clients', 'yes'],
        ...['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
      ],
    });
    plainConnectString = `${zookeeper.server.connectString}/secured`;
    plainRedisUrl = redis.url;
    await fillCluster(plainConnectString, redis.url);
    settings = {
      PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${zookeeper.port}/secured`,
      PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE: file('ca.pem'),
      PULSEKEEPER_ZOOKEEPER_TLS_CERT_FILE: file('operator.pem'),
      PULSEKEEPER_ZOOKEEPER_TLS_KEY_FILE: file('operator.key'),
      PULSEKEEPER_REDIS: `rediss://localhost:${tlsPort}`,
      PULSEKEEPER_STORE_TLS_CA_FILE: file('ca.pem'),
      PULSEKEEPER_STORE_TLS_CERT_FILE: file('operator.pem'),
      PULSEKEEPER_STORE_TLS_KEY_FILE: file('operator.key'),
    };
  });

  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunOutcome> {
    return runBinary(args, { env: { ...settings, ...env } });
  }

  it('reads both over TLS, with a client certificate', async () => {
    const outcome = await run(['targets', '--service', 'web', '--json']);
    expect(outcome.err).to.equal('');
    const targets = JSON.parse(outcome.out) as readonly { target: string; health: string }[];
    expect(targets.map(({ target, health }) => `${target} ${health}`)).to.deep.equal(['web/web-1 up', 'web/web-2 up']);
  });

  it('takes the settings from a file, in groups', async () => {
    const { folder } = zookeeper.authority;
    const path = join(folder, 'pulsekeeper.json');
    const tls = {
      caFile: join(folder, 'ca.pem'),
      certFile: join(folder, 'operator.pem'),
      keyFile: join(folder, 'operator.key'),
    };
    const { PULSEKEEPER_ZOOKEEPER: connectString, PULSEKEEPER_REDIS: redis } = settings;
    writeFileSync(path, JSON.stringify({ zookeeper: { connectString, tls }, redis, store: { tls } }));
    const outcome = await runBinary(['services', '--json', '--config', path]);
    expect(outcome.err).to.equal('');
    expect(outcome.out).to.contain('"web"');
  });

  it('makes znodes that only their maker may change, and everybody may read', async () => {
    const path = join(zookeeper.authority.folder, 'rule.json');
    writeFileSync(path, '{"interval": "30s"}');
    const outcome = await run(['rules', 'set', '--service', 'locked', path], {
      PULSEKEEPER_ZOOKEEPER_ACL: 'creator-all-world-read',
    });
    expect(outcome.code, outcome.err).to.equal(0);
    const session = await openSession(plainConnectString);
    const { acl } = await session.getAcl('/services/locked');
    expect(acl).to.have.length(2);
    expect(acl.find(({ scheme }) => scheme === 'x509')?.id).to.contain('operator');
    const refused: unknown = await session
      .setData('/services/locked', Buffer.from('{}'))
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'NoAuth' });
  });

  it('says in one line whom it does not trust', async () => {
    const trustless = Object.entries(settings).filter(([name]) => !name.includes('_TLS_'));
    const env = { ...Object.fromEntries(trustless), PULSEKEEPER_CONNECT_TIMEOUT: '1500ms' };
    const ofRedis = await runBinary(['query', 'up'], { env });
    expect(ofRedis.code).to.equal(3);
    expect(ofRedis.err).to.match(
      /^pulsekeeper: Redis at rediss:\/\/localhost:\d+ \(from PULSEKEEPER_REDIS\) .*certificate/,
    );
    const ofZookeeper = await runBinary(['assignments'], { env: { ...env, PULSEKEEPER_ZOOKEEPER_TLS: 'true' } });
    expect(ofZookeeper.code).to.equal(3);
    expect(ofZookeeper.err).to.match(/^pulsekeeper: ZooKeeper at .*certificate/);
    expect(ofZookeeper.err.trimEnd().split('\n')).to.have.length(1);
  });

  it('colours a terminal, unless NO_COLOR is set', async function () {
    if (findExecutable('script') === undefined) this.skip();
    const onTerminal = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const command = `'${process.execPath}' '${BINARY}' targets`;
      const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          TERM: 'xterm',
          PULSEKEEPER_ZOOKEEPER: plainConnectString,
          PULSEKEEPER_REDIS: plainRedisUrl,
          ...env,
        },
      });
      return stdout;
    };
    expect(await onTerminal({})).to.contain(ESCAPE);
    const plain = await onTerminal({ NO_COLOR: '1' });
    expect(plain).to.contain('web/web-1');
    expect(plain).not.to.contain(ESCAPE);
  });
});
