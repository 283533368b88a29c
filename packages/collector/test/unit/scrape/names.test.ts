import { expect } from 'chai';

import { parseHostsFile } from '../../../src/scrape/hosts-file.ts';
import { NameCache } from '../../../src/scrape/name-cache.ts';
import type { ResolvedName } from '../../../src/scrape/name-lookup.ts';
import { systemNameLookup } from '../../../src/scrape/name-lookup.ts';
import { candidateNames, parseSearchList } from '../../../src/scrape/search-list.ts';
import { ManualClock } from '../manual-clock.ts';

describe('parseHostsFile', () => {
  it('reads names with their addresses in order', () => {
    const hosts = parseHostsFile(
      '127.0.0.1 localhost Loop # comment\n# 1.2.3.4 no\n::1\tlocalhost\n\nbad line\n10.0.0.1 a b',
    );
    expect([...hosts]).to.deep.equal([
      ['localhost', ['127.0.0.1', '::1']],
      ['loop', ['127.0.0.1']],
      ['a', ['10.0.0.1']],
      ['b', ['10.0.0.1']],
    ]);
  });
});

describe('candidateNames', () => {
  const cluster = parseSearchList(
    'nameserver 10.0.0.10\nsearch shop.svc.cluster.local svc.cluster.local\noptions ndots:5 timeout:1\n',
  );

  it('completes short names first where the configuration says so', () => {
    expect(candidateNames('db', cluster)).to.deep.equal(['db.shop.svc.cluster.local', 'db.svc.cluster.local', 'db']);
  });

  it('asks for a name with enough dots as it stands first', () => {
    const plain = parseSearchList('domain example.com\n');
    expect(candidateNames('a.b', plain)).to.deep.equal(['a.b', 'a.b.example.com']);
    expect(candidateNames('a', plain)).to.deep.equal(['a.example.com', 'a']);
  });

  it('asks for an absolute name only as it stands', () => {
    expect(candidateNames('db.', cluster)).to.deep.equal(['db']);
  });
});

describe('systemNameLookup', () => {
  it('knows localhost without asking anybody', async () => {
    const { addresses } = await systemNameLookup()('LOCALHOST');
    expect(addresses).to.include('127.0.0.1');
    expect((await systemNameLookup()('app.localhost')).addresses).to.deep.equal(['127.0.0.1', '::1']);
  });
});

describe('NameCache', () => {
  /** A lookup whose answers are decided by the test. */
  function cacheWith(
    answers: (ResolvedName | Error)[],
    patienceMs = 5,
  ): { cache: NameCache; clock: ManualClock; asked: () => number } {
    const clock = new ManualClock();
    let asked = 0;
    const lookup = (): Promise<ResolvedName> => {
      const answer = answers[asked];
      asked += 1;
      if (answer === undefined) return new Promise(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return { cache: new NameCache({ lookup, clock, patienceMs }), clock, asked: () => asked };
  }
  const answer = (address: string, ttlSeconds = 60): ResolvedName => ({ addresses: [address], ttlSeconds });
  const failure = new Error('no');

  it('asks once for questions that come together, and not again while the answer is fresh', async () => {
    const { cache, clock, asked } = cacheWith([answer('1.1.1.1')]);
    expect(await Promise.all([cache.resolve('a'), cache.resolve('a')])).to.deep.equal([['1.1.1.1'], ['1.1.1.1']]);
    clock.advance(59_000);
    expect(await cache.resolve('a')).to.deep.equal(['1.1.1.1']);
    expect(asked()).to.equal(1);
  });

  it('asks again when the answer is old', async () => {
    const { cache, clock } = cacheWith([answer('1.1.1.1'), answer('2.2.2.2')]);
    await cache.resolve('a');
    clock.advance(61_000);
    expect(await cache.resolve('a')).to.deep.equal(['2.2.2.2']);
  });

  it('bounds times to live on both sides', async () => {
    const { cache, clock, asked } = cacheWith([answer('1.1.1.1', 0), answer('2.2.2.2', 1e9), answer('3.3.3.3')]);
    await cache.resolve('a');
    clock.advance(4_000);
    await cache.resolve('a');
    expect(asked()).to.equal(1);
    clock.advance(2_000);
    await cache.resolve('a');
    clock.advance(301_000);
    expect(await cache.resolve('a')).to.deep.equal(['3.3.3.3']);
  });

  it('uses the old answer when a new one cannot be had', async () => {
    const { cache, clock, asked } = cacheWith([answer('1.1.1.1'), failure, answer('2.2.2.2')]);
    await cache.resolve('a');
    clock.advance(61_000);
    expect(await cache.resolve('a')).to.deep.equal(['1.1.1.1']);
    clock.advance(1_000);
    expect(await cache.resolve('a'), 'the failure is remembered').to.deep.equal(['1.1.1.1']);
    expect(asked()).to.equal(2);
    clock.advance(5_000);
    expect(await cache.resolve('a')).to.deep.equal(['2.2.2.2']);
  });

  it('uses the old answer when a new one takes long', async () => {
    const { cache, clock } = cacheWith([answer('1.1.1.1')]);
    await cache.resolve('a');
    clock.advance(61_000);
    expect(await cache.resolve('a')).to.deep.equal(['1.1.1.1']);
  });

  it('fails, and remembers it for a moment, when there is no answer at all', async () => {
    const { cache, clock, asked } = cacheWith([failure, answer('1.1.1.1')]);
    for (let time = 0; time < 3; time += 1) {
      expect(await cache.resolve('a').catch((error: unknown) => error)).to.equal(failure);
    }
    expect(asked()).to.equal(1);
    clock.advance(5_001);
    expect(await cache.resolve('a')).to.deep.equal(['1.1.1.1']);
  });

  it('forgets an answer that is too old to be trusted', async () => {
    const { cache, clock } = cacheWith([answer('1.1.1.1'), failure]);
    await cache.resolve('a');
    clock.advance(3_600_000 + 61_000);
    expect(await cache.resolve('a').catch((error: unknown) => error)).to.equal(failure);
  });
});
