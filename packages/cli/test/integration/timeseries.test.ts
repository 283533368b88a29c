import { expect } from 'chai';
import { startRedis, timeseriesModulePath } from '@pulsekeeper/test-support';

import { fillCluster } from '../support/filled-cluster.ts';
import { runBinary, type RunOutcome } from '../support/run-binary.ts';
import { useZooKeeper } from '../support/sessions.ts';

describe('pulsekeeper on a cluster whose samples are time series', function () {
  this.timeout(20_000);
  before(function () {
    if (timeseriesModulePath() === undefined) this.skip();
  });
  const zooKeeper = useZooKeeper();
  let zookeeper: string;
  let redis: string;
  let exactValue: number;

  before(async function () {
    this.timeout(30_000);
    // One of its own: the cluster takes the default prefix, which a given server may have in use.
    redis = (await startRedis({ modulePath: timeseriesModulePath() })).url;
    zookeeper = zooKeeper.freshCluster();
    ({ exactValue } = await fillCluster(zookeeper, redis, 'timeseries'));
  });

  function run(...args: readonly string[]): Promise<RunOutcome> {
    return runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis } });
  }

  async function json(...args: readonly string[]): Promise<any> {
    const { out, err } = await run(...args, '--json');
    expect(err).to.equal('');
    return JSON.parse(out);
  }

  it('finds out by itself, and queries as of any cluster', async () => {
    const { result } = await json('query', 'ratio{instance="web-1"}', '--since', '5m');
    expect(result).to.have.lengthOf(1);
    expect(result[0].metric).to.deep.equal({ __name__: 'ratio', instance: 'web-1', service: 'web', team: 'a' });
    expect(result[0].values.length).to.be.greaterThan(50);
    expect(new Set(result[0].values.map(([, value]: [number, string]) => value))).to.deep.equal(
      new Set([String(exactValue)]),
    );
    const steps = await json('query', 'http_requests_total{code=~"2.."}', '--since', '4m', '--step', '1m');
    expect(steps.result).to.have.lengthOf.at.least(2);
  });

  it('lists series and labels, and accounts for every slot', async () => {
    const { out } = await run('series', '{service="web",__name__="http_requests_total"}');
    expect(out.match(/http_requests_total\{/g)).to.have.lengthOf(4);
    expect((await run('labels', 'instance')).out).to.include('web-2');
    const account = await run('verify', '--since', '4m', '--json');
    expect(JSON.parse(account.out)).to.be.an('object');
    expect(account.out).to.include('web/web-2');
    expect((await json('targets', '--service', 'db'))[0]).to.include({ health: 'down' });
  });

  it('says in the check-up how samples are kept', async () => {
    const { checks } = await json('doctor');
    expect(JSON.stringify(checks)).to.match(/samples as time series \(RedisTimeSeries \d+\.\d+\.\d+\)/);
  });
});
