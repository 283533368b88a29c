import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { askInfo } from '../../../src/redis/inspect-server.ts';
import { requireVersion } from '../../../src/redis/require-version.ts';

/** What primaries say that answer INFO so. */
function primaries(...infos: (string | Error)[]): ReturnType<typeof askInfo> {
  return askInfo({
    onPrimaries: (ask) =>
      Promise.all(
        infos.map((info) => ask(() => (typeof info === 'string' ? Promise.resolve(info) : Promise.reject(info)))),
      ),
  });
}

describe('requireVersion', () => {
  for (const info of ['redis_version:6.2.0', 'redis_version:7.0.15\r\n', 'redis_version:7.2.4\nvalkey_version:8.0.1']) {
    it(`takes ${info.trim().replace('\n', ' ')}`, () => requireVersion(primaries(info)));
  }

  it('takes a server whose version it may not ask for', () =>
    requireVersion(primaries(new StoreError('Refused', 'x', { cause: new Error("NOPERM this user can't run INFO") }))));

  it('passes on that a server cannot be asked', async () => {
    const lost = new StoreError('Unavailable', 'INFO: Connection is closed.');
    expect(await requireVersion(primaries(lost)).catch((caught: unknown) => caught)).to.equal(lost);
  });

  it('refuses a cluster of which one primary is too old, and says what to do', async () => {
    const error: unknown = await requireVersion(primaries('redis_version:7.0.0', 'redis_version:6.0.16')).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(StoreError).with.property('code', 'Refused');
    expect((error as Error).message).to.match(/Redis 6\.0\.16.*upgrade it to Redis 6\.2 or later, or use Valkey/);
  });
});
