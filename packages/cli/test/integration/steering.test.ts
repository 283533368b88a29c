import { CollectorMembership, Directory, readCluster } from '@pulsekeeper/registry';
import { eventually, registerCleanup } from '@pulsekeeper/test-support';
import type { ZkSession } from '@pulsekeeper/zk-session';
import { expect } from 'chai';

import { expectJson } from '../support/json-schema.ts';
import { runBinary, startBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession, putInstance, useZooKeeper } from '../support/sessions.ts';

/** What ZooKeeper alone answers: who owns what, what would move, and asking a collector to leave. */
describe('pulsekeeper assignments, plan and drain', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let zookeeper: string;
  let session: ZkSession;

  beforeEach(async () => {
    zookeeper = zooKeeper.freshCluster();
    session = await openSession(zookeeper);
  });

  function run(...args: readonly string[]): Promise<RunOutcome> {
    return runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
  }
  async function join(id: string): Promise<CollectorMembership> {
    const membership = new CollectorMembership({
      session,
      announcement: { id, host: 'h', statusUrl: 'http://127.0.0.1:1', capacity: 1, version: '0.1.0' },
      handoverMs: 0,
    });
    await membership.start();
    return membership;
  }
  async function stateOf(id: string): Promise<string | undefined> {
    const parsed = (await readCluster(session)).collectors.get(id)?.parsed;
    return parsed?.ok === true ? parsed.value.state : undefined;
  }

  async function drainAtOf(id: string): Promise<number | undefined> {
    const parsed = (await readCluster(session)).collectors.get(id)?.parsed;
    return parsed?.ok === true ? parsed.value.drainAtMs : undefined;
  }

  it('gives every target to one collector, wrong registrations included', async () => {
    await Promise.all(['c1', 'c2'].map(join));
    for (let index = 0; index < 20; index += 1) {
      await putInstance(session, `web/${index}`, { address: '127.0.0.1:1' });
    }
    await putInstance(session, 'web/wrong', 'not JSON');
    const answer = expectJson((await run('assignments', '--json')).out, 'assignments');
    expect(answer.replication).to.equal(1);
    expect(answer.collectors.map(({ collector }: any) => collector)).to.deep.equal(['c1', 'c2']);
    const owned = answer.collectors.flatMap(({ targets }: any) => targets as string[]);
    expect(owned).to.have.length(21).and.to.include('web/wrong');
    expect(new Set(owned).size).to.equal(21);
    const text = await run('assignments');
    expect(text.out)
      .to.match(/^TARGET +OWNER\nweb\/0 +c[12]\n/)
      .and.match(/21 targets on 2 collectors, largest share 1\.\d\d/);
  });

  it('is not as it should be when there are targets and nobody to own them', async () => {
    await putInstance(session, 'web/a', { address: '127.0.0.1:1' });
    expect(await run('assignments')).to.deep.include({ code: 1, out: '' });
  });

  it('plans without changing anything', async () => {
    await Promise.all(['c1', 'c2', 'c3'].map(join));
    for (let index = 0; index < 12; index += 1) {
      await putInstance(session, `web/${index}`, { address: '127.0.0.1:1' });
    }
    const less = expectJson((await run('plan', '--without', 'c3', '--json')).out, 'plan');
    expect(less.then.collectors.map(({ collector }: any) => collector)).to.deep.equal(['c1', 'c2']);
    expect(less.targets.filter(({ from }: any) => from === 'c3').length).to.equal(less.now.collectors[2].targets);
    const more = await run('plan', '--with', '1');
    expect(more.out)
      .to.match(/new-1 +- +\d+/)
      .and.match(/of 12 targets move/)
      .and.match(/\nTARGET +FROM +TO\nweb\/\d+ +c[123] +new-1\n/);
    expect(await stateOf('c3')).to.equal('active');
    expect((await run('plan', '--without', 'c9')).code).to.equal(1);
    expect((await run('plan')).code).to.equal(2);
    expect((await run('plan', '--with', '0')).code).to.equal(2);
  });

  /** Does about drains what a collector does: it follows the directory, and answers a request for itself. */
  async function obeyDrains(membership: CollectorMembership): Promise<void> {
    const directory = new Directory({ session });
    registerCleanup({ name: 'directory', run: () => directory.stop() });
    directory.on('changed', ({ collectors }) => {
      const own = collectors.get(membership.record.id);
      if (own?.state === 'draining' && own.drainAtMs === undefined) {
        // It may leave before it has heard that its answer is written.
        membership.drain().catch(() => undefined);
      }
    });
    await directory.start();
  }

  it('asks a collector to drain, and tells from when on it owns nothing', async () => {
    await obeyDrains(await join('c1'));
    const sentMs = Date.now();
    const answer = expectJson((await run('drain', 'c1', '--json')).out, 'drain');
    expect(answer).to.include({ collector: 'c1', outcome: 'draining' });
    expect(Date.parse(answer.drainAt)).to.be.within(sentMs, Date.now());
    expect(await stateOf('c1')).to.equal('draining');
    expect((await run('drain', 'c1')).out).to.contain('was draining already');
  });

  it('gets through although the collector writes its record itself all the time', async () => {
    const membership = await join('c1');
    await obeyDrains(membership);
    // As a collector does while targets come and go, only ten times as often.
    let ring = 0;
    let written = Promise.resolve();
    const timer = setInterval(() => {
      written = written.then(() => membership.update({ ring: `r${++ring}` }));
    }, 100);
    registerCleanup({
      name: 'writer',
      run: async () => {
        clearInterval(timer);
        await written;
      },
    });
    expect((await run('drain', 'c1')).code).to.equal(0);
    expect(membership.record.state).to.equal('draining');
  });

  it('waits until it has left', async () => {
    const membership = await join('c1');
    await obeyDrains(membership);
    const draining = startBinary(['drain', 'c1', '--wait'], { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
    await eventually(async () => expect(await drainAtOf('c1')).not.to.equal(undefined));
    await membership.close();
    const { code, out } = await draining.ended;
    expect(out).to.contain('c1 has handed its targets over and left');
    expect(code).to.equal(0);
  });

  it('says when there is no such collector, or it does not leave in time', async () => {
    expect(await run('drain', 'nobody')).to.deep.include({
      code: 1,
      err: 'pulsekeeper: no collector is registered as "nobody"; `pulsekeeper collectors` lists them\n',
    });
    await obeyDrains(await join('c1'));
    const slow = await run('drain', 'c1', '--wait', '--timeout', '1s');
    expect(slow.err).to.contain('has not left yet');
    expect(slow.code).to.equal(1);
  });
});
