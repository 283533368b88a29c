import { expect } from 'chai';
import { requireServers, startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { parseSelector } from '@pulsekeeper/model';
import { openStore, StoreError, type Store, type StoreOptions } from '../../../src/index.ts';
import { collect, frameAt, idOf, labelsOf, samplesAt, slotAt, startStore } from '../store-support.ts';
import { connectTo, newPrefix } from './timeseries-support.ts';

describe('store of time series on a redis without the module', () => {
  let redis: RedisServer;

  before(async () => {
    requireServers();
    redis = await startRedis();
  });

  async function refusalOf(options: Partial<StoreOptions>): Promise<StoreError> {
    const store = openStore({ url: redis.url, ...options });
    try {
      await store.start();
    } catch (error) {
      expect(error).to.be.instanceOf(StoreError);
      return error as StoreError;
    } finally {
      await store.stop();
    }
    throw new Error('the store started');
  }

  it('refuses to start, naming the version of the server and what to do', async () => {
    const error = await refusalOf({ driver: 'timeseries' });
    expect(error.code).to.equal('Refused');
    expect(error.retryable).to.equal(false);
    expect(error.message).to.match(
      /^(Redis|Valkey) \d+\.\d+\.\d+ has no TS\.\* commands, which store "timeseries" needs/,
    );
    expect(error.message)
      .to.include('Redis 8')
      .and.to.include('RedisTimeSeries')
      .and.to.include('PULSEKEEPER_STORE=stream');
  });

  it('refuses a mirror alike', async () => {
    const error = await refusalOf({ driver: 'stream', timeseries: { mirror: [parseSelector('up')] } });
    expect(error.message).to.match(/has no TS\.\* commands, which the mirror needs/);
  });

  describe('whose samples are said to be time series', () => {
    let keyPrefix: string;

    beforeEach(async () => {
      keyPrefix = newPrefix();
      const call = await connectTo(redis.url);
      await call('SET', `${keyPrefix}:{index}:driver`, 'timeseries', 'PX', '60000');
    });

    it('takes no streams beside them', async () => {
      const error = await refusalOf({ driver: 'stream', keyPrefix });
      expect(error.code).to.equal('Refused');
      expect(error.message)
        .to.include(`"${keyPrefix}"`)
        .and.to.include('are time series')
        .and.to.include('another key prefix');
    });

    it('is told of by the inspection of the server', async () => {
      const store: Store = await startStore({ url: redis.url, keyPrefix });
      const [server] = await store.inspectServer();
      expect(server).to.include({ driver: 'timeseries', timeseriesVersion: undefined });
      expect(server!.warnings.join()).to.match(/are time series, but the server has no TS\.\* commands/);
    });
  });

  it('reads streams where nobody says otherwise', async () => {
    const keyPrefix = newPrefix();
    const writer = await startStore({ url: redis.url, keyPrefix, driver: 'stream' });
    const id = idOf('i1');
    await writer.writer.open({ id, labels: labelsOf(id) }).append(frameAt(0, samplesAt(0)));
    const reader = await startStore({ url: redis.url, keyPrefix });
    expect(await collect(reader.reader.select(parseSelector('a'), slotAt(0), slotAt(0)))).to.have.lengthOf(1);
    expect((await reader.inspectServer())[0]).to.include({ driver: 'stream' });
    expect(reader.health().timeseries).to.equal(undefined);
  });
});
