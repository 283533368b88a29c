import { expect } from 'chai';

import { deferred, type Deferred } from '../../src/deferred.ts';
import { Endpoints, type EndpointsOptions } from '../../src/endpoints.ts';

function endpoints(options: Partial<EndpointsOptions>): { endpoints: Endpoints; unresolved: string[] } {
  const unresolved: string[] = [];
  return {
    unresolved,
    endpoints: new Endpoints({
      servers: [],
      resolve: () => Promise.resolve([]),
      resolveTimeoutMs: 1000,
      random: Math.random,
      onUnresolved: (host) => unresolved.push(host),
      ...options,
    }),
  };
}

async function take(count: number, from: Endpoints): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = [];
  for (let index = 0; index < count; index += 1) taken.push((await from.next())?.address);
  return taken;
}

describe('Endpoints', () => {
  it('yields every address of a name that has several', async () => {
    const { endpoints: all } = endpoints({
      servers: [{ host: 'zk', port: 1 }],
      resolve: () => Promise.resolve(['10.0.0.1', '10.0.0.2', '::1']),
    });
    expect((await take(3, all)).sort()).to.deep.equal(['10.0.0.1', '10.0.0.2', '::1']);
  });

  it('does not look up addresses', async () => {
    const { endpoints: all } = endpoints({
      servers: [
        { host: '127.0.0.1', port: 1 },
        { host: '::1', port: 1 },
      ],
      resolve: () => Promise.reject(new Error('must not be asked')),
    });
    expect((await take(2, all)).sort()).to.deep.equal(['127.0.0.1', '::1']);
  });

  it('looks names up anew each round, so that an ensemble may move', async () => {
    let address = '10.0.0.1';
    const { endpoints: all } = endpoints({
      servers: [{ host: 'zk', port: 1 }],
      resolve: () => Promise.resolve([address]),
    });
    expect(await take(1, all)).to.deep.equal(['10.0.0.1']);
    address = '10.0.0.2';
    expect(await take(1, all)).to.deep.equal(['10.0.0.2']);
  });

  it('goes on with the addresses it knows when a look-up fails or hangs', async () => {
    let turn = 0;
    const { endpoints: all, unresolved } = endpoints({
      servers: [{ host: 'zk', port: 1 }],
      resolveTimeoutMs: 5,
      resolve: () => {
        turn += 1;
        if (turn === 1) return Promise.resolve(['10.0.0.1']);
        return turn === 2 ? Promise.reject(new Error('SERVFAIL')) : new Promise(() => undefined);
      },
    });
    expect(await take(3, all)).to.deep.equal(['10.0.0.1', '10.0.0.1', '10.0.0.1']);
    expect(unresolved).to.deep.equal([]);
  });

  it('uses the answer of a look-up that came too late for its round', async () => {
    const answer = deferred<readonly string[]>();
    let asked = 0;
    const { endpoints: all, unresolved } = endpoints({
      servers: [{ host: 'zk', port: 1 }],
      resolveTimeoutMs: 5,
      resolve: () => {
        asked += 1;
        // The resolver is always too late.
        return asked === 1 ? answer.promise : new Promise(() => undefined);
      },
    });
    expect(await all.next()).to.equal(undefined);
    answer.resolve(['10.0.0.1']);
    expect(await take(1, all)).to.deep.equal(['10.0.0.1']);
    expect(unresolved).to.deep.equal(['zk']);
  });

  it('has one look-up of a name under way, however many rounds a dead resolver lasts', async () => {
    let asked = 0;
    const answers: Deferred<readonly string[]>[] = [];
    const { endpoints: all } = endpoints({
      servers: [
        { host: 'zk', port: 1 },
        { host: 'zk', port: 2 },
      ],
      resolveTimeoutMs: 2,
      resolve: () => {
        asked += 1;
        const answer = deferred<readonly string[]>();
        answers.push(answer);
        return answer.promise;
      },
    });
    await take(10, all);
    expect(asked).to.equal(1);
    answers[0]?.reject(new Error('SERVFAIL'));
    await new Promise((resolve) => setImmediate(resolve));
    await take(1, all);
    expect(asked).to.equal(2);
  });

  it('says which name has no address, and uses the others', async () => {
    const { endpoints: all, unresolved } = endpoints({
      servers: [
        { host: 'nowhere', port: 1 },
        { host: '10.0.0.1', port: 1 },
      ],
      resolve: () => Promise.reject(new Error('ENOTFOUND')),
    });
    expect(await take(1, all)).to.deep.equal(['10.0.0.1']);
    expect(unresolved).to.deep.equal(['nowhere']);
    const { endpoints: none } = endpoints({
      servers: [{ host: 'nowhere', port: 1 }],
      resolve: () => Promise.reject(new Error('ENOTFOUND')),
    });
    expect(await none.next()).to.equal(undefined);
  });

  it('tries all others before the one that has just failed', async () => {
    const servers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => ({ host, port: 1 }));
    for (let turn = 0; turn < 20; turn += 1) {
      const { endpoints: all } = endpoints({ servers });
      const [failed] = await take(1, all);
      all.restart();
      const round = await take(3, all);
      expect(round[2]).to.equal(failed);
      expect(new Set(round).size).to.equal(3);
    }
  });

  it('is in another order for each session, so that clients spread over the members', async () => {
    const servers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => ({ host, port: 1 }));
    const firsts = new Set<string | undefined>();
    for (let turn = 0; turn < 50; turn += 1) firsts.add((await endpoints({ servers }).endpoints.next())?.address);
    expect(firsts.size).to.equal(3);
  });
});
