import { existsSync } from 'node:fs';

import { expect } from 'chai';

import { startZooKeeper } from '../../src/zookeeper-server.ts';
import { startEnsemble } from '../../src/zookeeper-ensemble.ts';

describe('startZooKeeper', function () {
  this.timeout(20_000);

  it('serves on its own port, comes back on it after a crash, and leaves nothing behind', async () => {
    const server = await startZooKeeper();
    const { port, pid } = server;
    expect(await server.mode()).to.equal('standalone');
    const dataDir = /dataDir=(.*)/.exec(await server.fourLetter('conf'))?.[1]?.replace('/version-2', '') ?? '';
    expect(existsSync(dataDir)).to.equal(true);

    await server.kill();
    expect(await server.mode()).to.equal(undefined);
    await server.restart({ wipe: true });
    expect(server.port).to.equal(port);
    expect(server.pid).to.not.equal(pid);
    expect(await server.mode()).to.equal('standalone');

    const stopped = server.stop();
    expect(server.stop()).to.equal(stopped);
    await stopped;
    expect(existsSync(dataDir)).to.equal(false);
  });

  it('does not answer while frozen', async () => {
    await using server = await startZooKeeper();
    server.freeze();
    expect(await server.mode()).to.equal(undefined);
    server.thaw();
    expect(await server.mode()).to.equal('standalone');
  });

  it('says so when the port that it was given is taken', async () => {
    const first = await startZooKeeper();
    const failure = await startZooKeeper({ port: first.port }).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'BindFailed');
  });
});

describe('startEnsemble', function () {
  this.timeout(30_000);

  it('elects a leader, and another one when that is killed', async () => {
    const ensemble = await startEnsemble(3);
    expect(ensemble.connectString.split(',')).to.have.length(3);
    const leader = await ensemble.leader();
    await leader.kill();
    const next = await ensemble.leader();
    expect(next.port).to.not.equal(leader.port);
    await leader.restart();
    expect(await leader.mode()).to.equal('follower');
  });
});
