import { createServer, type AddressInfo } from 'node:net';

import {
  eventually,
  registerCleanup,
  startEnsemble,
  startRedis,
  type RedisServer,
  type ZooKeeperEnsemble,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { probeEnsemble } from '../../src/cluster/probe-ensemble.ts';
import { expectJson } from '../support/json-schema.ts';
import { runBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession } from '../support/sessions.ts';

describe('pulsekeeper and the servers of an ensemble', function () {
  this.timeout(60_000);
  let ensemble: ZooKeeperEnsemble;
  let redis: RedisServer;

  before(async () => {
    [ensemble, redis] = await Promise.all([startEnsemble(3), startRedis()]);
  });

  function run(...args: readonly string[]): Promise<RunOutcome> {
    const env = { PULSEKEEPER_ZOOKEEPER: `${ensemble.connectString}/pk`, PULSEKEEPER_REDIS: redis.url };
    return runBinary(args, { env });
  }

  it('tells the role of each, and which of them is away', async () => {
    await openSession(`${ensemble.connectString}/pk`);
    const modes = ['follower', 'follower', 'leader'];
    // One that has just begun to serve may take longer for its answer than anybody waits for it.
    const zookeeper = await eventually(async () => {
      const status = expectJson((await run('status', '--json')).out, 'status');
      expect(status.zookeeper.servers.map(({ mode }: any) => mode).sort()).to.deep.equal(modes);
      return status.zookeeper;
    });
    expect(zookeeper.answerSeconds).to.be.greaterThan(0);
    expect((await run('status')).out).to.match(/\nensemble +127\.0\.0\.1:\d+ (leader|follower) [\d.]+ms, /);

    await ensemble.servers[0]?.kill();
    const left = await eventually(async () => {
      const status = expectJson((await run('status', '--json')).out, 'status');
      expect(status.zookeeper.servers.map(({ serving }: any) => serving)).to.deep.equal([false, true, true]);
      return status;
    });
    expect(left.zookeeper.reachable).to.equal(true);
    expect(left.zookeeper.servers[0]).to.include({ serving: false, problem: 'not answering: ECONNREFUSED' });
    expect(left.problems.filter(({ about }: any) => about === 'ensemble')).to.have.length(1);
    await eventually(async () => {
      const { checks } = expectJson((await run('doctor', '--json')).out, 'doctor');
      const outcomes = checks.filter(({ check }: any) => check === 'ensemble').map(({ outcome }: any) => outcome);
      expect(outcomes).to.deep.equal(['warning', 'ok', 'ok']);
    });
  });

  it('does not wait long for one that takes connections and never answers', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    registerCleanup({ name: 'mute server', run: () => new Promise((resolve) => mute.close(() => resolve())) });
    const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const [server] = await probeEnsemble(`${address}/x`, new AbortController().signal, 200);
    expect(server).to.include({ server: address, serving: false, problem: 'not answering: no answer within 200ms' });
  });
});
