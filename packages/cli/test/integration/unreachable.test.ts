import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { deferred } from '@pulsekeeper/model';
import {
  eventually,
  freePort,
  registerCleanup,
  startRedis,
  TcpProxy,
  type RedisServer,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { fillCluster } from '../support/filled-cluster.ts';
import { expectJson } from '../support/json-schema.ts';
import { runBinary, startBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession, useZooKeeper } from '../support/sessions.ts';

/** What the issue allows, and what is aimed at. */
const LIMIT_MS = 10_000;

/** A server that takes connections and never says a word. */
async function startMute(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registerCleanup({ name: 'mute server', run: () => new Promise((resolve) => server.close(() => resolve())) });
  server.on('connection', (socket) => {
    registerCleanup({
      name: 'mute connection',
      run: () => {
        socket.destroy();
        return Promise.resolve();
      },
    });
  });
  return (server.address() as AddressInfo).port;
}

function expectUnreachable(outcome: RunOutcome, ...patterns: readonly RegExp[]): void {
  expect(outcome.code, outcome.err).to.equal(3);
  expect(outcome.durationMs).to.be.below(LIMIT_MS);
  const lines = outcome.err.trimEnd().split('\n');
  for (const pattern of patterns) {
    expect(
      lines.filter((line) => pattern.test(line)),
      outcome.err,
    ).to.have.length(1);
  }
  expect(lines).to.have.length(patterns.length);
}

describe('pulsekeeper when a server is away', function () {
  this.timeout(30_000);
  const zooKeeper = useZooKeeper();
  let redis: RedisServer;
  let zookeeper: string;

  before(async function () {
    this.timeout(30_000);
    redis = await startRedis();
    zookeeper = zooKeeper.freshCluster();
    await fillCluster(zookeeper, redis.url);
  });

  function run(args: readonly string[], env: Record<string, string>): Promise<RunOutcome> {
    return runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis.url, ...env } });
  }

  it('says in one line that ZooKeeper was tried, where, and where that came from', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const outcome = await run(['targets'], { PULSEKEEPER_ZOOKEEPER: `${address}/x` });
    expect(outcome.out).to.equal('');
    expectUnreachable(
      outcome,
      new RegExp(`^pulsekeeper: ZooKeeper at ${address}/x \\(from PULSEKEEPER_ZOOKEEPER\\) .*ECONNREFUSED`),
    );
  });

  it('says in one line that Redis was tried, without its password', async () => {
    const url = `redis://:hunter2@127.0.0.1:${await freePort()}`;
    const outcome = await run(['query', 'up'], { PULSEKEEPER_REDIS: url });
    expect(outcome.out).to.equal('');
    expectUnreachable(outcome, /^pulsekeeper: Redis at redis:\/\/:\*\*\*@127\.0\.0\.1:\d+ \(from PULSEKEEPER_REDIS\) /);
    expect(outcome.err).not.to.contain('hunter2');
  });

  it('gives up on servers that take connections and never answer', async () => {
    const port = await startMute();
    const [first, second] = await Promise.all([
      run(['targets'], { PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${port}/x` }),
      run(['query', 'up'], { PULSEKEEPER_REDIS: `redis://127.0.0.1:${port}` }),
    ]);
    expectUnreachable(first, /^pulsekeeper: ZooKeeper at /);
    expectUnreachable(second, /^pulsekeeper: Redis at /);
  });

  it('ends with 130 when it is interrupted before it has its answer', async () => {
    const connected = deferred<undefined>();
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      connected.resolve(undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    registerCleanup({ name: 'mute server', run: () => new Promise((resolve) => server.close(() => resolve())) });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const env = { PULSEKEEPER_ZOOKEEPER: address, PULSEKEEPER_CONNECT_TIMEOUT: '60s' };
    const running = startBinary(['assignments'], { env });
    await connected.promise;
    running.child.kill('SIGINT');
    expect(await running.ended).to.include({ code: 130, out: '', err: '' });
  });

  it('watches on in top while a server is away from the start', async () => {
    const env = { PULSEKEEPER_REDIS: 'redis://127.0.0.1:1', PULSEKEEPER_CONNECT_TIMEOUT: '500ms' };
    const { code, out } = await run(['top', '--count', '2', '--every', '200ms', '--json'], env);
    expect(code).to.equal(0);
    const reports = out
      .trimEnd()
      .split('\n')
      .map((line) => expectJson(line, 'status'));
    expect(reports.map(({ zookeeper: one, redis: other }: any) => [one.reachable, other.reachable])).to.deep.equal([
      [true, false],
      [true, false],
    ]);
  });

  it('goes on in tail after an outage of Redis', async () => {
    const proxy = await TcpProxy.start({ target: { port: redis.port } });
    const tail = startBinary(['tail', 'up{instance="web-1"}', '--json'], {
      env: { PULSEKEEPER_REDIS: `redis://127.0.0.1:${proxy.port}`, PULSEKEEPER_CONNECT_TIMEOUT: '1s' },
    });
    const lines = (): number => tail.text().out.split('\n').length - 1;
    await eventually(() => expect(lines()).to.be.greaterThan(0), { timeoutMs: 15_000 });
    await proxy.cut();
    await eventually(() => expect(tail.text().err).to.match(/^pulsekeeper: Redis at .*; trying again\n$/), {
      timeoutMs: 15_000,
    });
    const before = lines();
    await proxy.resume();
    await eventually(() => expect(lines()).to.be.greaterThan(before), { timeoutMs: 15_000 });
    tail.child.kill('SIGINT');
    expect((await tail.ended).code).to.equal(0);
  });

  for (const args of [['status'], ['targets'], ['rules', 'get'], ['plan', '--with', '1'], ['verify']]) {
    it(`says that the chroot does not exist, and does not make it: ${args.join(' ')}`, async () => {
      const mistyped = `${zooKeeper.server().connectString}/pulsekeper`;
      const { code, out, err } = await run(args, { PULSEKEEPER_ZOOKEEPER: mistyped, PULSEKEEPER_REDIS: redis.url });
      expect(code).to.equal(1);
      expect(out).to.equal('');
      expect(err).to.match(
        /^pulsekeeper: there is no \/pulsekeper in ZooKeeper at .* \(from PULSEKEEPER_ZOOKEEPER\): .*\n$/,
      );
      const session = await openSession(zooKeeper.server().connectString);
      expect(await session.exists('/pulsekeper')).to.equal(undefined);
    });
  }

  it('waits no longer than it is told', async () => {
    const outcome = await run(['targets', '--connect-timeout', '500ms'], { PULSEKEEPER_ZOOKEEPER: '127.0.0.1:1/x' });
    expectUnreachable(outcome, /within 500ms/);
    expect(outcome.durationMs).to.be.below(3000);
  });

  it('does not find a host that does not exist', async () => {
    const outcome = await run(['targets', '--connect-timeout', '1s'], {
      PULSEKEEPER_ZOOKEEPER: 'no-such-host.invalid:2181',
    });
    expectUnreachable(outcome, /no-such-host\.invalid/);
  });

  it('shows in the status what Redis does not know while it is away', async () => {
    const outcome = await run(['status', '--json', '--connect-timeout', '1s'], {
      PULSEKEEPER_REDIS: 'redis://127.0.0.1:1',
    });
    const status = expectJson(outcome.out, 'status');
    expect(outcome.code).to.equal(3);
    expect(status.zookeeper).to.include({ reachable: true, targets: 9 });
    expect(status.redis).to.include({ reachable: false });
    expect(status.redis.error).to.contain('redis://127.0.0.1:1');
    expect(status.collectors).to.have.length(3);
    expect(status.slots).to.equal(null);
    expect(status.targets.unknown).to.equal(4);
    const text = await run(['status', '--connect-timeout', '1s'], { PULSEKEEPER_REDIS: 'redis://127.0.0.1:1' });
    expect(text.code).to.equal(3);
    expect(text.out).to.contain('9 targets').and.to.contain('collector-2');
  });

  it('shows in the status what ZooKeeper does not know while it is away', async () => {
    const outcome = await run(['status', '--json', '--connect-timeout', '1s'], {
      PULSEKEEPER_ZOOKEEPER: '127.0.0.1:1/x',
    });
    const status = expectJson(outcome.out, 'status');
    expect(outcome.code).to.equal(3);
    expect(status.zookeeper).to.include({ reachable: false, targets: null });
    expect(status.ring).to.deep.include({ version: null, agreed: true });
    expect(status.collectors.map(({ collector, targets }: any) => [collector, targets])).to.deep.equal([
      ['collector-1', 3],
      ['collector-2', 3],
      ['collector-3', 3],
    ]);
    expect(status.slots.expected).to.equal(180);
  });

  it('says something of both when both are away', async () => {
    const env = { PULSEKEEPER_ZOOKEEPER: '127.0.0.1:1/x', PULSEKEEPER_REDIS: 'redis://127.0.0.1:1' };
    const outcome = await run(['status', '--connect-timeout', '1s'], env);
    expect(outcome.code).to.equal(3);
    expect(outcome.out)
      .to.match(/ZooKeeper at 127\.0\.0\.1:1\/x/)
      .and.to.match(/Redis at redis:\/\/127\.0\.0\.1:1/);
  });

  it('lists targets with what is known, and verifies without the registry', async () => {
    const targets = await run(['targets', '--json', '--connect-timeout', '1s'], {
      PULSEKEEPER_REDIS: 'redis://127.0.0.1:1',
    });
    expectUnreachable(targets, /^pulsekeeper: Redis at /);
    expect(expectJson(targets.out, 'targets')).to.have.length(9);
    const verify = await run(['verify', '--json', '--connect-timeout', '1s'], {
      PULSEKEEPER_ZOOKEEPER: '127.0.0.1:1/x',
    });
    expectUnreachable(verify, /^pulsekeeper: ZooKeeper at /);
    const verification = expectJson(verify.out, 'verify');
    expect(verification.targets.every(({ registered }: any) => registered === null)).to.equal(true);
    expect(verification.missing).to.be.at.least(3);
  });

  it('says that a password is wrong', async () => {
    const locked = await startRedis({ extraArgs: ['--requirepass', 'right'] });
    const outcome = await run(['labels'], { PULSEKEEPER_REDIS: locked.url.replace('redis://', 'redis://:wrong@') });
    expectUnreachable(outcome, /^pulsekeeper: Redis at .* (WRONGPASS|NOAUTH|password)/i);
    expect(outcome.err).not.to.contain('wrong@');
  });

  it('finds the local cluster that npm start has left a note of', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'pulsekeeper-cli-'));
    mkdirSync(join(cwd, '.pulsekeeper'));
    writeFileSync(
      join(cwd, '.pulsekeeper', 'env'),
      `PULSEKEEPER_ZOOKEEPER=${zookeeper}\nPULSEKEEPER_REDIS=${redis.url}\n`,
    );
    const found = await runBinary(['status', '--json'], { cwd });
    expect(expectJson(found.out, 'status').zookeeper.targets).to.equal(9);
    const env = { PULSEKEEPER_REDIS: 'redis://127.0.0.1:1', PULSEKEEPER_CONNECT_TIMEOUT: '500ms' };
    const other = await runBinary(['status', '--json'], { cwd, env });
    expect(expectJson(other.out, 'status').redis.reachable).to.equal(false);
  });
});
