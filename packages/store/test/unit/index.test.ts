import { expect } from 'chai';
import { createSeriesSchema, targetId } from '@pulsekeeper/model';
import * as store from '../../src/index.ts';
import { frameAt } from '../integration/store-support.ts';

describe('the public interface', () => {
  it('has these exports', () => {
    expect(Object.keys(store).sort()).to.deep.equal([
      'CorruptFrame',
      'DEFAULT_STORE_OPTIONS',
      'StoreError',
      'explainExcess',
      'isStaleMarker',
      'isStaleValue',
      'openStore',
      'redactRedisUrl',
    ]);
  });

  it('takes no list of series that could not be read back', () => {
    const target = store.openStore({ url: 'redis://h' }).writer.open({ id: targetId('api', 'a'), labels: {} });
    const metadata = [{ name: 'a', type: 'gauge', help: 'x'.repeat(2 ** 25), unit: '' }];
    const frame = frameAt(0, { a: 1 });
    const samples = { schema: createSeriesSchema(Buffer.from('a\n'), metadata), values: Float64Array.of(1) };
    expect(() => target.append({ ...frame, samples })).to.throw(
      RangeError,
      /^a list of series has \d+ bytes of metadata, and the store takes 33554432$/,
    );
  });

  it('refuses options that cannot work, and says which', () => {
    const url = 'redis://h';
    for (const [options, message] of [
      [{ url: 'http://h' }, /not a usable Redis URL/],
      [{ url, keyPrefix: 'a{b}' }, /braces/],
      [{ url, retentionMs: 0 }, /retentionMs/],
      [{ url, keyFrameSlots: 121 }, /keyFrameSlots must be from 1 to 120/],
      [{ url, bufferBytes: Number.NaN }, /bufferBytes/],
      [{ url, ack: { replicas: 1, timeoutMs: 5000 } }, /ack.timeoutMs \(5000\).*commandTimeoutMs \(2000\)/],
      [{ url: 'redis+cluster://h', ack: { replicas: 1 } }, /cluster/],
      [{ url, sentinel: { password: 'hunter2' } }, /sentinel is for redis\+sentinel/],
    ] as const) {
      expect(() => store.openStore(options))
        .to.throw(store.StoreError, message)
        .with.property('code', 'InvalidOption');
    }
  });

  it('counts nothing and connects to nothing before the start', async () => {
    const opened = store.openStore({ url: 'redis://127.0.0.1:1' });
    expect(opened.health()).to.include({ state: 'idle', bufferedFrames: 0, droppedFrames: 0 });
    await opened.stop();
    expect(opened.health().state).to.equal('stopped');
  });

  it('keeps trying without a connection, and ends in order', async () => {
    const opened = store.openStore({ url: 'redis://127.0.0.1:1', stopTimeoutMs: 50 });
    await opened.start({ waitForConnection: false });
    expect(opened.health().state).to.equal('connecting');
    await opened.stop();
  });

  it('gives up the start when the signal aborts, and says why', async () => {
    const opened = store.openStore({ url: 'redis://127.0.0.1:1', stopTimeoutMs: 50 });
    const error: unknown = await opened.start({ signal: AbortSignal.timeout(300) }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'Unavailable', retryable: true });
    expect(String(error)).to.include('ECONNREFUSED');
    expect(opened.health().state).to.equal('stopped');
  });
});
