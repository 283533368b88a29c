import { expect } from 'chai';

import { readAll } from '../../src/bulk-read.ts';
import { isZkError, ZkError } from '../../src/errors.ts';

const defaults = { concurrency: 4, signal: undefined, onNodeError: undefined };

describe('readAll', () => {
  it('reads everything, a bounded number at a time, taking paths only as it goes', async () => {
    let running = 0;
    let most = 0;
    let taken = 0;
    const paths = (function* () {
      for (let index = 0; index < 50; index += 1) {
        taken += 1;
        yield `/${index}`;
      }
    })();
    const read = async (path: string): Promise<string> => {
      running += 1;
      most = Math.max(most, running);
      expect(taken).to.be.at.most(50);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return path;
    };
    const result = await readAll({ ...defaults, paths, read });
    expect(result.size).to.equal(50);
    expect(most).to.equal(4);
  });

  it('says undefined for a node that is not there', async () => {
    const read = (path: string): Promise<string> =>
      path === '/b' ? Promise.reject(new ZkError('NoNode', '')) : Promise.resolve(path);
    const result = await readAll({ ...defaults, paths: ['/a', '/b'], read });
    expect([...result]).to.have.deep.members([
      ['/a', '/a'],
      ['/b', undefined],
    ]);
  });

  it('leaves out a node that may not be read, if somebody is told', async () => {
    const read = (path: string): Promise<string> =>
      path === '/b' ? Promise.reject(new ZkError('NoAuth', '')) : Promise.resolve(path);
    const told: string[] = [];
    const onNodeError = (path: string, error: ZkError): unknown => told.push(`${path} ${error.code}`);
    expect([...(await readAll({ ...defaults, paths: ['/a', '/b'], read, onNodeError })).keys()]).to.deep.equal(['/a']);
    expect(told).to.deep.equal(['/b NoAuth']);
    const failed: unknown = await readAll({ ...defaults, paths: ['/b'], read }).catch((error: unknown) => error);
    expect(isZkError(failed, 'NoAuth')).to.equal(true);
  });

  it('aborts the rest at the first error', async () => {
    const aborted: string[] = [];
    const read = (path: string, signal: AbortSignal): Promise<string> => {
      if (path === '/bad') return Promise.reject(new ZkError('SessionExpired', ''));
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted.push(path);
          reject(signal.reason as Error);
        }),
      );
    };
    const failed: unknown = await readAll({ ...defaults, paths: ['/a', '/b', '/bad', '/c', '/d'], read }).catch(
      (error: unknown) => error,
    );
    expect(isZkError(failed, 'SessionExpired')).to.equal(true);
    expect(aborted).to.include.members(['/a', '/b']);
  });

  it('reads many with one request where that is possible, and one by one where it is not', async () => {
    const asked: number[] = [];
    const single: string[] = [];
    const paths = Array.from({ length: 100 }, (_, index) => `/${index}`);
    const told: string[] = [];
    const result = await readAll({
      ...defaults,
      concurrency: 64,
      paths,
      onNodeError: (path, error) => told.push(`${path} ${error.code}`),
      read: (path) => {
        single.push(path);
        return Promise.resolve(`${path} alone`);
      },
      readTogether: (some) => {
        asked.push(some.length);
        if (some.includes('/70')) return Promise.resolve(undefined);
        return Promise.resolve(
          some.map((path) => {
            if (path === '/1') return { error: new ZkError('NoNode', '') };
            return path === '/2' ? { error: new ZkError('NoAuth', '') } : { value: path };
          }),
        );
      },
    });
    expect(asked).to.deep.equal([60, 40]);
    expect(single).to.deep.equal(paths.slice(60));
    expect(told).to.deep.equal(['/2 NoAuth']);
    expect(result.size).to.equal(99);
    expect([result.get('/1'), result.get('/3'), result.get('/70')]).to.deep.equal([undefined, '/3', '/70 alone']);
  });

  it('asks for no more at a time together than alone', async () => {
    const asked: number[] = [];
    const readTogether = (some: readonly string[]): Promise<{ value: string }[]> => {
      asked.push(some.length);
      return Promise.resolve(some.map((value) => ({ value })));
    };
    const read = (): Promise<string> => Promise.reject(new Error('nothing is read alone'));
    await readAll({ ...defaults, paths: ['/a', '/b', '/c', '/d', '/e'], read, readTogether });
    expect(asked).to.deep.equal([4, 1]);
  });

  it('refuses a concurrency that the session cannot keep', async () => {
    for (const concurrency of [0, 257, NaN]) {
      const read = (): Promise<string> => Promise.resolve('');
      const failed: unknown = await readAll({ ...defaults, concurrency, paths: ['/a'], read }).catch((e: unknown) => e);
      expect(failed).to.be.instanceOf(RangeError);
    }
  });
});
