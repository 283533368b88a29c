import { startRedis, type RedisServer } from '@pulsekeeper/test-support';
import type { ZkSession } from '@pulsekeeper/zk-session';
import { expect } from 'chai';

import { expectJson } from '../support/json-schema.ts';
import { runBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession, putInstance, useZooKeeper } from '../support/sessions.ts';

describe('pulsekeeper and instances that are registered in foreign trees', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let redis: RedisServer;
  let zookeeper: string;
  let session: ZkSession;

  before(async () => {
    redis = await startRedis();
  });

  beforeEach(async () => {
    zookeeper = zooKeeper.freshCluster();
    session = await openSession(zookeeper);
    await putInstance(session, 'own/a', { address: '10.0.0.9:1' });
    await put('/services/web', { source: { kind: 'serverset', path: '/aurora/web', endpoint: 'admin' } });
    await put('/aurora/web/member_1', { additionalEndpoints: { admin: { host: '10.0.0.1', port: 80 } } });
    await put('/aurora/web/member_2', { serviceEndpoint: { host: '10.0.0.2', port: 80 } });
    await put('/services/late', { source: { kind: 'nerve', path: '/nerve/late' } });
  });

  async function put(path: string, data: unknown): Promise<void> {
    await session.ensurePath(path.slice(0, path.lastIndexOf('/')));
    await session.create(path, Buffer.from(JSON.stringify(data)));
  }

  function run(...args: readonly string[]): Promise<RunOutcome> {
    return runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis.url } });
  }

  it('shows with each service where its instances come from', async () => {
    const services = expectJson((await run('services', '--json')).out, 'services');
    expect(services.map(({ service, source }: any) => [service, source])).to.deep.equal([
      ['late', { kind: 'nerve', path: '/nerve/late', endpoint: null }],
      ['own', null],
      ['web', { kind: 'serverset', path: '/aurora/web', endpoint: 'admin' }],
    ]);
    expect((await run('services')).out).to.match(/REGISTERED IN\n.*\nown[^/]*\nweb .*\/aurora\/web \(serverset\)\n$/s);
  });

  it('shows with each target how and by which znode it is registered', async () => {
    const targets = expectJson((await run('targets', '--json')).out, 'targets');
    expect(targets.map(({ target, registration, znode }: any) => [target, registration, znode])).to.deep.equal([
      ['own/a', 'own', '/services/own/a'],
      ['web/member_1', 'serverset', '/aurora/web/member_1'],
      ['web/member_2', 'serverset', '/aurora/web/member_2'],
    ]);
    expect(targets[2]).to.include({ health: 'rejected' });
    expect(targets[2].lastError).to.match(/^additionalEndpoints\["admin"\] is missing/);
    expect((await run('targets')).out).to.match(
      /^TARGET +FORMAT +HEALTH .*\nown\/a +own .*\nweb\/member_1 +serverset /,
    );
  });

  it('explains such a target', async () => {
    const explanation = expectJson((await run('explain', 'web/member_1', '--json')).out, 'explain');
    expect(explanation).to.include({
      url: 'http://10.0.0.1:80/metrics',
      registration: 'serverset',
      znode: '/aurora/web/member_1',
    });
    expect((await run('explain', 'web/member_1')).out).to.match(
      /\nregistered +\d{4}-\S+ at \/aurora\/web\/member_1 \(serverset\)\n/,
    );
    expect((await run('explain', 'own/a')).out).to.match(/\nregistered +\d{4}-\S+ at \/services\/own\/a\n/);
  });

  it('tells in the status of a tree that is not there, and of registrations that count for nothing', async () => {
    await putInstance(session, 'web/unseen', { address: '10.0.0.8:1' });
    const { problems } = expectJson((await run('status', '--json')).out, 'status');
    const texts = problems.map(({ text }: any) => text).join('\n');
    expect(texts).to.match(/\/nerve\/late: does not exist: the service late has no instances/);
    expect(texts).to.match(
      /\/services\/web\/\*: 1 registrations here count for nothing: .*\/aurora\/web \(serverset\)/,
    );
    expect(texts).to.not.contain('member_2');
  });

  it('tells before a rule is written which targets it would look for elsewhere', async () => {
    const rule = 'source: { kind: curator, path: /discovery/own }';
    const { out } = await runBinary(['rules', 'set', '--service', 'own', '--dry-run', '--json', '-'], {
      env: { PULSEKEEPER_ZOOKEEPER: zookeeper },
      input: rule,
    });
    expect(expectJson(out, 'rules-set').targets).to.deep.equal([
      {
        target: 'own/a',
        changes: [
          { field: 'source', from: null, to: { kind: 'curator', path: '/discovery/own' } },
          { field: 'registered', from: true, to: false },
        ],
        rejected: null,
      },
    ]);
  });

  it('tells on a dry run which instances another tree would bring', async () => {
    await put('/nerve/own/b', { host: '10.0.0.3', port: 80, name: 'b' });
    const rule = 'source: { kind: nerve, path: /nerve/own }\n';
    const env = { PULSEKEEPER_ZOOKEEPER: zookeeper };
    const args = ['rules', 'set', '--service', 'own', '--dry-run', '-'];
    const { code, out } = await runBinary(args, { env, input: rule });
    expect(code).to.equal(0);
    expect(out)
      .to.match(/own\/a +registered +true +false\n/)
      .and.to.match(/own\/\S+ +registered +false +true\n/);
    expect(out).to.contain('the rule would change 2 targets');
  });
});
