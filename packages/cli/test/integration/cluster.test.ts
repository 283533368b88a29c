import { startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { fillCluster, WRONG_REGISTRATIONS, type FilledCluster } from '../support/filled-cluster.ts';
import { expectJson } from '../support/json-schema.ts';
import { runBinary, startBinary, type RunOutcome } from '../support/run-binary.ts';
import { useZooKeeper } from '../support/sessions.ts';
import { eventually } from '@pulsekeeper/test-support';

describe('pulsekeeper on a cluster', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let redis: RedisServer;
  let zookeeper: string;
  let cluster: FilledCluster;

  before(async function () {
    this.timeout(30_000);
    redis = await startRedis();
    zookeeper = zooKeeper.freshCluster();
    cluster = await fillCluster(zookeeper, redis.url);
  });

  function env(): Record<string, string> {
    return { PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis.url };
  }
  function run(...args: readonly string[]): Promise<RunOutcome> {
    return runBinary(args, { env: env() });
  }
  async function json(schema: string, ...args: readonly string[]): Promise<any> {
    const outcome = await run(...args, '--json');
    expect(outcome.err).to.equal('');
    return expectJson(outcome.out, schema);
  }

  describe('targets', () => {
    it('shows who owns each, how it does and why', async () => {
      const targets = await json('targets', 'targets');
      const byName = new Map<string, any>(targets.map((entry: any) => [entry.target, entry]));
      expect([...byName.keys()])
        .to.have.length(9)
        .and.to.deep.equal([...byName.keys()].sort());
      expect(byName.get('web/web-1')).to.include({ health: 'up', lastError: null, interval: '5s', samples: 3 });
      expect(byName.get('web/web-1').owner).to.match(/^collector-[123]$/);
      expect(Date.parse(byName.get('web/web-1').lastScrape)).to.be.within(Date.now() - 15_000, Date.now());
      expect(byName.get('db/primary')).to.include({
        health: 'down',
        lastError: 'connection_refused: connect ECONNREFUSED 127.0.0.1:9103',
      });
      expect(byName.get('new/never')).to.include({ health: 'unknown', lastScrape: null });
    });

    for (const [target, [, reason]] of Object.entries(WRONG_REGISTRATIONS)) {
      it(`shows ${target} as rejected, with the reason`, async () => {
        const targets = await json('targets', 'targets', '--service', 'bad');
        const entry = targets.find((one: any) => one.target === target);
        expect(entry).to.include({ health: 'rejected', interval: null });
        expect(entry.lastError).to.match(reason);
      });
    }

    it('counts the slots of each when it is asked to', async () => {
      const targets = await json('targets', 'targets', '--slots', '10m', '--service', 'web');
      expect(targets.map(({ slots }: any) => slots.missing)).to.deep.equal([0, 3]);
      expect(targets.map(({ slots }: any) => slots.late)).to.deep.equal([0, 0]);
      // The three collectors of the test say the same.
      expect(targets.map(({ counted }: any) => counted)).to.deep.equal([
        { late: 0, missed: 0, refused: 0, dropped: 0 },
        { late: 0, missed: 9, refused: 6, dropped: 0 },
      ]);
      expect((await run('targets', '--slots', '10m')).out).to.match(/web\/web-2 +up .* \d+ +\d+ +0 +0 +3 +6 +0\n/);
      expect((await run('targets', '--slots', '0')).code).to.equal(2);
    });

    it('prints a table with a summary, and filters it', async () => {
      const { code, out } = await run('targets');
      expect(code).to.equal(0);
      expect(out).to.match(/^TARGET +HEALTH +OWNER +EVERY +LAST +SAMPLES +ERROR\n/);
      expect(out).to.match(/web\/web-1 +up +collector-\d +5s +\d+s ago +3\n/);
      expect(out).to.match(/9 targets: 2 up, 1 down, 1 unknown, 5 rejected\n$/);
      expect((await run('targets', '--health', 'down,unknown')).out).to.contain('2 targets: 1 down, 1 unknown');
      const [entry] = await json('targets', 'targets', '--health', 'down');
      expect(await json('targets', 'targets', '--owner', entry.owner, '--health', 'down')).to.have.length(1);
      expect((await run('targets', '--health', 'ill')).code).to.equal(2);
    });

    it('says that a service or a collector does not exist', async () => {
      const [service, owner] = [
        await run('targets', '--service', 'wev'),
        await run('targets', '--owner', 'collector-9'),
      ];
      expect(service).to.include({ code: 1, out: '' });
      expect(service.err).to.match(/^pulsekeeper: there is no service "wev"; /);
      expect(owner).to.include({ code: 1, out: '' });
      expect(owner.err).to.match(/^pulsekeeper: no collector is registered as "collector-9"; /);
    });
  });

  describe('status', () => {
    it('shows servers, ring, collectors, slots and the worst targets', async () => {
      const status = await json('status', 'status');
      expect(status.zookeeper).to.include({ reachable: true, targets: 9, rejected: 5, services: 4 });
      expect(status.redis).to.include({ reachable: true, url: redis.url });
      expect(status.ring).to.include({ agreed: true });
      expect(status.collectors.map(({ collector, state }: any) => [collector, state])).to.deep.equal([
        ['collector-1', 'active'],
        ['collector-2', 'active'],
        ['collector-3', 'active'],
      ]);
      expect(status.collectors.reduce((sum: number, { targets }: any) => sum + Number(targets), 0)).to.equal(9);
      expect(status.slots).to.include({ windowSeconds: 300, expected: 180, written: 177, missed: 0 });
      expect(status.targets).to.deep.equal({ up: 2, down: 1, unknown: 1, rejected: 5 });
      expect(status.worstTargets[0]).to.include({ target: 'db/primary', health: 'down' });
      expect(status.problems.filter(({ severity }: any) => severity === 'error')).to.deep.equal([]);
    });

    it('prints one screen', async () => {
      const { code, out } = await run('status');
      expect(code, out).to.equal(0);
      expect(out).to.match(/^zookeeper +127\.0\.0\.1:\d+\/\S+: 4 services, 9 targets, 5 rejected\n/);
      expect(out).to.contain('all collectors agree').and.to.contain('180 expected, 177 written (60 as down), 0 missed');
      expect(out.split('\n').length).to.be.below(24);
    });

    it('is not as it should be when a collector works by another ring', async () => {
      // The replication is part of the ring: with another one, the ring that should be is another.
      const { code, out } = await run('status', '--json', '--replication', '2');
      expect(code).to.equal(1);
      expect(expectJson(out, 'status').ring.deviating).to.deep.equal(['collector-1', 'collector-2', 'collector-3']);
    });
  });

  it('lists collectors', async () => {
    const collectors = await json('collectors', 'collectors');
    expect(collectors).to.have.length(3);
    expect(collectors[0]).to.include({ collector: 'collector-1', lagSeconds: 0.004, clockSkewSeconds: 0.0005 });
    expect((await run('collectors')).out).to.match(/collector-1 +active +\d+ +[\d.]+% /);
  });

  it('lists services', async () => {
    const services = await json('services', 'services');
    expect(services.map(({ service }: any) => service)).to.deep.equal(['bad', 'db', 'new', 'web']);
    expect(services[3]).to.include({ targets: 2, up: 2, samples: 6 });
    expect((await run('services')).out).to.match(/web +2 +2 +0 +0 +0 +6 +5s\n/);
  });

  describe('query', () => {
    it("answers with the data of Prometheus's API, bit for bit", async () => {
      const data = await json('query', 'query', 'ratio{instance="web-1"}');
      expect(data.result).to.have.length(1);
      const [{ metric, values }] = data.result;
      expect(metric).to.deep.equal({ __name__: 'ratio', instance: 'web-1', service: 'web', team: 'a' });
      expect(values.length).to.be.within(50, 61);
      expect(new Set(values.map(([, value]: any) => value))).to.deep.equal(new Set(['0.30000000000000004']));
      const zero = await json('query', 'query', 'http_requests_total{code="500",instance="web-1"}');
      expect(zero.result[0].values[0][1]).to.equal('-0');
    });

    it('knows the synthetic series, and regular expressions', async () => {
      const data = await json('query', 'query', 'up{service=~"web|db"}', '--since', '15s');
      const latest = data.result.map(({ metric, values }: any) => [metric.instance, values.at(-1)[1]]);
      expect(Object.fromEntries(latest)).to.deep.equal({ primary: '0', 'web-1': '1', 'web-2': '1' });
    });

    it('aligns values to steps', async () => {
      const data = await json('query', 'query', 'up{instance="web-1"}', '--since', '2m', '--step', '30s');
      const times = data.result[0].values.map(([seconds]: any) => seconds % 30);
      expect(times.length).to.be.within(4, 5);
      expect(new Set(times)).to.deep.equal(new Set([0]));
    });

    it('takes the rate of counters, and sums it up by labels', async () => {
      const selector = 'http_requests_total{code="200"}';
      // One more every five seconds, but for the three slots that web-2 misses.
      const rates = await json('query', 'query', selector, '--since', '1m', '--step', '10s', '--rate', '1m');
      expect(rates.result.map(({ metric }: any) => metric)).to.deep.equal([
        { code: '200', instance: 'web-1', service: 'web', team: 'a' },
        { code: '200', instance: 'web-2', service: 'web', team: 'a' },
      ]);
      expect(Number(rates.result[0].values[0][1])).to.be.closeTo(0.2, 0.02);
      const options = ['--since', '1m', '--step', '10s', '--rate', '1m', '--aggregate', 'sum', '--by', 'service,none'];
      const [sum, ...more] = (await json('query', 'query', selector, ...options)).result;
      expect(more).to.deep.equal([]);
      expect(sum.metric).to.deep.equal({ service: 'web' });
      expect(Number(sum.values[0][1])).to.be.closeTo(0.4, 0.04);
      const count = await json('query', 'query', 'up', '--since', '30s', '--aggregate', 'count');
      expect(count.result[0].metric).to.deep.equal({});
      expect(new Set(count.result[0].values.map(([, value]: any) => value)).has('3')).to.equal(true);
    });

    it('prints CSV, tables of series, and the points of a single one', async () => {
      const csv = await run('query', 'up{instance="web-1"}', '--csv', '--since', '30s');
      expect(csv.out).to.match(/^timestamp,__name__,instance,service,team,value\r\n\d{4}-.*Z,up,web-1,web,a,1\r\n/);
      expect((await run('query', 'up')).out).to.match(/^SERIES +POINTS +LATEST +AT\nup\{instance=/);
      expect((await run('query', 'up{instance="web-1"}')).out).to.match(/^up\{.*\}\nTIME +VALUE\n20/);
    });

    it('finds nothing without making an error of it', async () => {
      const { code, out, err } = await run('query', 'no_such_metric');
      expect({ code, out }).to.deep.equal({ code: 0, out: '' });
      expect(err).to.contain('no series');
      expect((await json('query', 'query', 'no_such_metric')).result).to.deep.equal([]);
    });

    const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['a selector', ['up{'], /selector up\{: column \d+/],
      ['quotes that the shell took', ['up{service=web}'], /the shell took the quotes/],
      ['an age', ['up', '--since', '5 minutes'], /--since "5 minutes": expected an age/],
      ['a range', ['up', '--since', '1m', '--until', '2m'], /is not before --until 2m/],
      ['a step', ['up', '--step', '0'], /--step "0": expected a duration/],
      ['too many points', ['up', '--since', '1d', '--step', '1s'], /at most 11000/],
      ['two formats', ['up', '--csv', '--json'], /exclude each other/],
      ['a window of a rate', ['up', '--rate', 'often'], /--rate "often": expected a duration/],
      ['a rate of metrics that cannot be told apart', ['{service="web"}', '--rate', '1m'], /name one metric/],
      ['a function', ['up', '--aggregate', 'median'], /--aggregate "median": expected one of sum, avg/],
      ['labels without a function', ['up', '--by', 'service'], /--by needs --aggregate/],
      ['a name of a label', ['up', '--aggregate', 'sum', '--by', 'a-b'], /--by "a-b": expected names of labels/],
    ];
    for (const [what, args, message] of wrong) {
      it(`refuses ${what} with one line and exit code 2`, async () => {
        const { code, out, err } = await run('query', ...args);
        expect({ code, out }).to.deep.equal({ code: 2, out: '' });
        expect(err)
          .to.match(/^pulsekeeper: [^\n]+; see 'pulsekeeper query --help'\n$/)
          .and.match(message);
      });
    }
  });

  describe('verify', () => {
    it('says which of the named targets do not exist', async () => {
      const { code, out, err } = await run('verify', 'web', 'wev', 'web/web-9');
      expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      expect(err).to.match(/^pulsekeeper: neither registered nor in the store: wev, web\/web-9; [^\n]+\n$/);
      expect((await run('verify', 'a/b/c')).code).to.equal(2);
      expect((await run('verify', 'gone/left', 'new/never', '--since', '1s')).err).to.equal('');
    });

    it('counts the slots of every target from the store, and exits with 1 for missing ones', async () => {
      const { code, out } = await run('verify', '--since', '10m', '--json');
      const verification = expectJson(out, 'verify');
      expect(code).to.equal(1);
      const byName = new Map<string, any>(verification.targets.map((entry: any) => [entry.target, entry]));
      expect(byName.get('web/web-2')).to.include({
        missing: 3,
        failed: 0,
        doubled: 0,
        interval: '5s',
        registered: true,
      });
      expect(byName.get('web/web-2').missingSlots).to.have.length(1);
      expect(byName.get('web/web-2').missingSlots[0].count).to.equal(3);
      expect(byName.get('db/primary').failed).to.equal(byName.get('db/primary').written);
      expect(byName.get('gone/left')).to.include({ missing: 0, registered: false });
      expect(byName.get('bad/json')).to.include({ expected: 0, interval: null });
      expect(verification.doubled).to.equal(0);
      expect(verification.expected).to.equal(Number(verification.written) + Number(verification.missing));
      expect(verification.targets[0].missing).to.be.greaterThan(0);
    });

    it('takes the targets and the time that it is asked for', async () => {
      const good = await run('verify', 'web/web-1', '--since', '2m', '--until', '30s');
      expect(good.out).to.match(/^1 targets, .*: 18 expected, 18 written \(0 as down\), 0 missing, 0 doubled\n$/);
      expect(good.code).to.equal(0);
      const web = await json('verify', 'verify', 'web', '--since', '2m', '--until', '30s');
      expect(web.targets).to.have.length(2);
      expect(web).to.include({ expected: 36, missing: 0 });
    });

    it('names the missing slots', async () => {
      const { out } = await run('verify', 'web', '--since', '10m');
      expect(out).to.match(/web\/web-2 +5s +\d+ +\d+ +0 +3 +0 +\S+Z to \S+Z \(3\)\n/);
      expect(out).not.to.contain('web/web-1');
      expect((await run('verify', 'web', '--since', '10m', '--all')).out).to.contain('web/web-1');
    });
  });

  it('lists series and labels', async () => {
    const series = await json('series', 'series', '{instance="web-1",__name__=~"http.*"}');
    expect(series.map(({ code }: any) => code)).to.deep.equal(['200', '500']);
    expect((await run('series', 'ratio')).out).to.contain('ratio{instance="web-1",service="web",team="a"}\n');
    expect(await json('labels', 'labels')).to.include.members(['__name__', 'code', 'instance', 'service']);
    expect(await json('labels', 'labels', 'instance')).to.include.members(['web-1', 'web-2']);
    expect((await run('labels', 'no_such_label')).code).to.equal(0);
  });

  it('explains a target', async () => {
    const explanation = await json('explain', 'explain', 'web/web-1');
    expect(explanation).to.deep.include({ target: 'web/web-1', url: 'http://127.0.0.1:9101/metrics', rejected: null });
    expect(explanation.rule.find(({ field }: any) => field === 'interval')).to.include({
      value: '5s',
      source: 'instance',
    });
    expect(explanation.rule.find(({ field }: any) => field === 'timeout')).to.include({
      value: '5s',
      source: 'builtin',
      clampedFrom: '10s',
    });
    expect(explanation.slots).to.have.length(5);
    expect(explanation.slots[0]).to.include({ up: true, kind: 'samples', error: null });
    expect(explanation.rule.find(({ field }: any) => field === 'labels.team')).to.include({ source: 'instance' });
    expect(explanation.ring.passedOver).to.be.an('array');
    // Nothing listens at the status URL of the collectors of this test.
    expect(explanation.attempts).to.equal(null);
    expect((await run('explain', 'web/web-1')).out).to.match(/\nwhy +the first collector clockwise/);
    expect(Date.parse(explanation.nextSlot)).to.be.greaterThan(cluster.nowMs);
    expect((await run('explain', 'bad/file')).out).to.match(/rejected: address is/);
    expect((await run('explain', 'db/primary')).out).to.match(/down +\d+ .*connection_refused/);
    expect((await run('explain', 'web/web-9')).code).to.equal(1);
    expect((await run('explain', 'web')).code).to.equal(2);
  });

  it('checks the cluster up', async () => {
    const { checks } = await json('doctor', 'doctor');
    const outcomes = new Map<string, string>(checks.map(({ check, outcome }: any) => [check, outcome]));
    for (const check of ['zookeeper', 'redis', 'collectors', 'ring', 'slots']) {
      expect(outcomes.get(check), check).to.equal('ok');
    }
    expect(outcomes.get('access')).to.equal('warning');
    const text = await run('doctor');
    expect(text.code).to.equal(0);
    expect(text.out).to.contain('5 registrations are wrong').and.to.contain('pulsekeeper targets --health rejected');
  });

  it('looks again and again', async () => {
    const lines = (await run('top', '--count', '2', '--every', '200ms', '--json')).out.trimEnd().split('\n');
    expect(lines).to.have.length(2);
    for (const line of lines) {
      expect(expectJson(line, 'status').zookeeper.targets).to.equal(9);
    }
    const screens = await run('top', '--count', '1');
    expect(screens.code).to.equal(0);
    expect(screens.out).to.contain('pulsekeeper top').and.to.contain('collector-2');
  });

  it('follows samples until it is interrupted', async () => {
    const running = startBinary(['tail', 'up{instance="web-1"}', '--since', '30s', '--json'], { env: env() });
    await eventually(() => expect(running.text().out.split('\n').length).to.be.greaterThan(4));
    running.child.kill('SIGINT');
    const { code, out } = await running.ended;
    expect(code).to.equal(0);
    const samples = out
      .trimEnd()
      .split('\n')
      .map((line) => expectJson(line, 'tail'));
    expect(samples.every(({ metric, value }) => metric.instance === 'web-1' && value[1] === '1')).to.equal(true);
    expect(new Set(samples.map(({ value }) => value[0])).size).to.equal(samples.length);
  });
});
