import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect } from 'chai';

import { ExpositionParser, SeriesPool } from '../../src/index.ts';
import type { Exposition } from '../../src/index.ts';

const parse = (parser: ExpositionParser, body: string): Exposition =>
  parser.parse(new Uint8Array(Buffer.from(body)), 'prometheus-text');

describe('SeriesPool', () => {
  it('gives the parsers of targets with the same series the same objects', () => {
    const pool = new SeriesPool();
    const [a, b, alone] = [new ExpositionParser({ pool }), new ExpositionParser({ pool }), new ExpositionParser()];
    const first = parse(a, '# TYPE a gauge\na{b="c"} 1\n');
    const second = parse(b, '#  TYPE a gauge\na{ b="c" } 2\n');
    const third = parse(alone, '# TYPE a gauge\na{b="c"} 2\n');
    expect(second.keys).to.equal(first.keys);
    expect(second.metadata).to.equal(first.metadata);
    expect(third.keys).not.to.equal(first.keys);
    expect(pool.size).to.equal(1);
  });

  it('shares keys alone when the metadata differ', () => {
    const pool = new SeriesPool();
    const first = parse(new ExpositionParser({ pool }), '# TYPE a gauge\na 1\n');
    const second = parse(new ExpositionParser({ pool }), '# TYPE a counter\na 1\n');
    expect(second.keys).to.equal(first.keys);
    expect(second.metadata[0]?.type).to.equal('counter');
  });

  it('keeps different series apart, whatever their hash', () => {
    const pool = new SeriesPool();
    const [a, b] = [new TextEncoder().encode('a\n'), new TextEncoder().encode('b\n')];
    expect(pool.intern(a, [], 1).keys).to.deep.equal(a);
    expect(pool.intern(b, [], 1).keys).to.deep.equal(b);
    expect(pool.size).to.equal(2);
  });

  it('does not make a parser say that its own series are the same when it has had others', () => {
    const pool = new SeriesPool();
    const parser = new ExpositionParser({ pool });
    const other = parse(new ExpositionParser({ pool }), 'b 1\n');
    parse(parser, 'a 1\n');
    const result = parse(parser, 'b 1\n');
    expect(result.isSameSeries).to.equal(false);
    expect(result.keys).to.equal(other.keys);
  });

  it('forgets series that no parser has any more', async function () {
    this.timeout(10_000);
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const pool = new SeriesPool();
    for (let i = 0; i < 50; i++) parse(new ExpositionParser({ pool }), `a${i} 1\n`);
    const keeper = new ExpositionParser({ pool });
    const kept = parse(keeper, 'kept 1\n');
    for (let round = 0; round < 100 && pool.size > 1; round++) {
      // Finalizers run in their own task some time after a collection.
      await sleep(10);
      collectGarbage();
    }
    expect(pool.size).to.equal(1);
    expect(parse(new ExpositionParser({ pool }), 'kept 2\n').keys).to.equal(kept.keys);
    expect(parse(keeper, 'kept 3\n').keys).to.equal(kept.keys);
  });
});
