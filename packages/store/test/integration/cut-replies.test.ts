import { expect } from 'chai';
import {
  atFullLength,
  eventually,
  requireServers,
  seededRandom,
  startRedis,
  TcpProxy,
} from '@pulsekeeper/test-support';
import { Ledger } from './ledger.ts';
import { range, startStore } from './store-support.ts';

const COLLECTORS = 4;
const CUTS_EACH = atFullLength(250, 50);
/** The reply to three frames has 16 bytes or more: each cut falls before it or within it. */
const REPLY_BYTES = 16;

/**
 * Connections end after a random number of bytes of a reply, so the writer cannot know which frames of a call are in Redis. Each
 * collector has targets of its own, to be able to say exactly what must be there.
 */
describe('store whose connections are cut in the middle of replies', () => {
  it(`keeps each frame once over ${COLLECTORS * CUTS_EACH} cuts`, async () => {
    requireServers();
    const redis = await startRedis();
    const counts = await Promise.all(
      range(COLLECTORS).map(async (seed) => {
        const random = seededRandom(seed + 1);
        const proxy = await TcpProxy.start({ target: { port: redis.port } });
        const url = `redis://${proxy.address}`;
        const ledger = new Ledger(await startStore({ url, keyPrefix: `cut${seed}` }));
        ledger.append(1);
        await ledger.store.flush();
        for (let cut = 0; cut < CUTS_EACH; cut++) {
          proxy.cutAfter(Math.floor(random() * REPLY_BYTES));
          ledger.append(1 + Math.floor(random() * 3));
          await eventually(() => expect(ledger.store.health().state).to.equal('connecting'), { intervalMs: 2 });
          ledger.append(1);
          await proxy.resume();
          await eventually(() => expect(ledger.store.health().state).to.equal('ready'), { intervalMs: 2 });
        }
        await ledger.expectAll();
        return ledger.store.health().writtenFrames - 3 * ledger.steps;
      }),
    );
    expect(counts).to.deep.equal(range(COLLECTORS).map(() => 0));
  }).timeout(atFullLength(300_000, 60_000));
});
