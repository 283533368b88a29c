import { expect } from 'chai';
import {
  eventually,
  freePort,
  requireServers,
  ServerProcess,
  startRedis,
  type RedisServer,
} from '@pulsekeeper/test-support';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore, type StoreOptions } from '../../src/index.ts';
import { Ledger } from './ledger.ts';
import { startStore } from './store-support.ts';

describe('store by Sentinels', () => {
  before(() => requireServers());

  it('follows the Sentinels to the new primary, with credentials', async () => {
    const extraArgs = ['--requirepass', 's3cret/', '--masterauth', 's3cret/'];
    const primary = await startRedis({ extraArgs });
    const replica = await startRedis({ extraArgs, replicaOf: primary });
    const ask = (...args: string[]): Promise<string> => replica.cli('-a', 's3cret/', '--no-auth-warning', ...args);
    await eventually(async () => expect(await ask('INFO', 'replication')).to.include('master_link_status:up'));
    const sentinel = await startSentinel(primary.port, ['sentinel auth-pass main s3cret/', 'requirepass of/sentinel']);
    const ledger = new Ledger(
      await startStore({
        url: `redis+sentinel://:s3cret%2F@127.0.0.1:${sentinel}/main`,
        sentinel: { password: 'of/sentinel' },
        commandTimeoutMs: 300,
      }),
    );
    ledger.append(5);
    await ledger.store.flush();
    expect((await ledger.store.inspectServer())[0]).to.include({ kind: 'sentinel', role: 'master' });
    await primary.kill();
    ledger.append(5);
    await eventually(async () => expect(await ask('ROLE')).to.match(/^master/), { timeoutMs: 15_000 });
    await eventually(() => expect(ledger.store.health().bufferedFrames).to.equal(0), { timeoutMs: 10_000 });
    await ledger.expectAll();
  }).timeout(40_000);

  describe('that know users of their own', () => {
    let redis: RedisServer;
    let url: string;

    before(async () => {
      redis = await startRedis();
      const rights = '+auth +hello +client +info +sentinel|get-master-addr-by-name +sentinel|sentinels';
      const users = ['user default off', `user collector on >of/sentinel resetchannels -@all ${rights}`];
      url = `redis+sentinel://127.0.0.1:${await startSentinel(redis.port, users)}/main`;
    });

    it('asks them as a user that may do nothing else', async () => {
      const ledger = new Ledger(
        await startStore({ url, sentinel: { username: 'collector', password: 'of/sentinel' } }),
      );
      ledger.append(5);
      await ledger.expectAll();
    });

    for (const [what, sentinel] of [
      ['a wrong password', { username: 'collector', password: 'of/redis' }],
      ['no password', undefined],
    ] as const) {
      it(`ends at once when they refuse ${what}, and says that it was they`, async () => {
        const error = await startError({ url, sentinel });
        expect(error).to.include({ code: 'Refused' });
        expect(String(error)).to.match(/: the Sentinels refuse the credentials: (WRONGPASS|NOAUTH) /);
        expect(String(error)).not.to.include('of/redis');
      });
    }
  });

  it('speaks TLS with the Sentinels, too', async () => {
    const { certificate, args } = await issueCertificate();
    const tlsPort = await freePort();
    await startRedis({
      extraArgs: ['--tls-port', `${tlsPort}`, ...args.flatMap(([name, value]) => [`--${name}`, value])],
    });
    const port = await startSentinel(
      tlsPort,
      ['tls-replication yes', ...args.map((words) => words.join(' '))],
      'tls-port',
    );
    const ca = await readFile(certificate);
    const url = `rediss+sentinel://127.0.0.1:${port}/main`;
    const ledger = new Ledger(await startStore({ url, tls: { ca } }));
    ledger.append(5);
    await ledger.expectAll();
    expect(await startError({ url }), 'of an unknown authority').to.include({ code: 'Unavailable' });
  });
});

/** What ends the start of a store within a second. */
async function startError(options: StoreOptions): Promise<unknown> {
  const store = openStore({ ...options, stopTimeoutMs: 50 });
  return store.start({ signal: AbortSignal.timeout(1_000) }).catch((caught: unknown) => caught);
}

/** A certificate of 127.0.0.1 that is its own authority, and the settings of a server that shows it. */
async function issueCertificate(): Promise<{ certificate: string; args: [name: string, value: string][] }> {
  const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  return {
    certificate,
    args: [
      ['tls-cert-file', certificate],
      ['tls-key-file', key],
      ['tls-ca-cert-file', certificate],
      ['tls-auth-clients', 'no'],
    ],
  };
}

/** One Sentinel that decides alone, and soon. */
async function startSentinel(
  primaryPort: number,
  settings: readonly string[],
  portSetting: 'port' | 'tls-port' = 'port',
): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-sentinel-'));
  const config = join(folder, 'sentinel.conf');
  const lines = [
    ...(portSetting === 'port' ? [] : ['port 0']),
    `${portSetting} ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${primaryPort} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
    ...settings,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const sentinel = await ServerProcess.start({
    name: 'sentinel',
    command: 'redis-server',
    args: [config, '--sentinel'],
    cwd: folder,
    isReady: () => Promise.resolve(true),
  });
  after(() => sentinel.kill('SIGKILL'));
  return port;
}
