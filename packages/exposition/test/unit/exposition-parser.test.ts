import { expect } from 'chai';

import { ExpositionError, ExpositionParser } from '../../src/index.ts';
import type { Exposition, ExpositionFormat, ExpositionParserOptions } from '../../src/index.ts';
import { scanEngine } from '../../src/scan-engine.ts';
import { mutate } from '../mutate.ts';
import { randomLine, withOtherValue } from '../random-lines.ts';
import { SAMPLE_BODIES } from '../sample-bodies.ts';
import { seededRandom, SyntheticExporter } from '../synthetic-exporter.ts';

const text = (body: string): Uint8Array => new Uint8Array(Buffer.from(body));
const keysOf = (exposition: Exposition): string[] => Buffer.from(exposition.keys).toString().split('\n').slice(0, -1);

/** Everything about a result that does not depend on what was parsed before, or the refusal. */
function outcome(parser: ExpositionParser, body: Uint8Array, format: ExpositionFormat): unknown {
  try {
    const { keys, values, timestampsMs, metadata, duplicates, size } = parser.parse(body, format);
    return {
      keys: Buffer.from(keys).toString('latin1'),
      bits: [...new BigUint64Array(values.slice().buffer)],
      timestampsMs: timestampsMs && [...timestampsMs],
      metadata,
      duplicates,
      size,
    };
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error;
    return { code: error.code, line: error.line, column: error.column };
  }
}

describe('ExpositionParser', () => {
  it('gives columns in the order of the body', () => {
    const result = new ExpositionParser().parse(text('b{z="1",a="2"} 3\na 4 5\n'), 'prometheus-text');
    expect(keysOf(result)).to.deep.equal(['b{a="2",z="1"}', 'a']);
    expect([...result.values]).to.deep.equal([3, 4]);
    expect([...(result.timestampsMs ?? [])]).to.deep.equal([NaN, 5]);
    expect(result).to.include({
      size: 2,
      isSameSeries: false,
      changed: undefined,
      duplicates: 0,
      exemplars: undefined,
    });
  });

  it('has no timestamps when no sample has one', () => {
    expect(new ExpositionParser().parse(text('a 1\n'), 'prometheus-text').timestampsMs).to.equal(undefined);
  });

  it('takes the first of several samples of one series and counts the others', () => {
    const result = new ExpositionParser().parse(text('a 1\nb 2\na 3\na{x=""} 4\n'), 'prometheus-text');
    expect(keysOf(result)).to.deep.equal(['a', 'b']);
    expect([...result.values]).to.deep.equal([1, 2]);
    expect(result.duplicates).to.equal(2);
  });

  it('returns the same keys and metadata, and what changed, while the series stay the same', () => {
    const parser = new ExpositionParser();
    const first = parser.parse(text('# TYPE a gauge\na 1\nb 2\nc 3\n'), 'prometheus-text');
    const second = parser.parse(text('# TYPE a gauge\na 10\nb 2.0\nc -3\n'), 'prometheus-text');
    expect(second.keys).to.equal(first.keys);
    expect(second.metadata).to.equal(first.metadata);
    expect(second.isSameSeries).to.equal(true);
    expect([...(second.changed ?? [])]).to.deep.equal([0, 2]);
    expect([...second.values]).to.deep.equal([10, 2, -3]);
    expect([...first.values], 'earlier results stay as they were').to.deep.equal([1, 2, 3]);
  });

  it('sees the same series behind other comments and blank lines', () => {
    const parser = new ExpositionParser();
    parser.parse(text('a{b="c"} 1\n'), 'prometheus-text');
    const result = parser.parse(text('# new\n\n a{ b="c" } 2\n'), 'prometheus-text');
    expect(result.isSameSeries).to.equal(true);
    expect([...(result.changed ?? [])]).to.deep.equal([0]);
  });

  it('tells a change of sign of zero, but not of one way of writing NaN to another', () => {
    const parser = new ExpositionParser();
    parser.parse(text('a 0\nb NaN\n'), 'prometheus-text');
    const result = parser.parse(text('a -0\nb nan\n'), 'prometheus-text');
    expect([...(result.changed ?? [])]).to.deep.equal([0]);
  });

  it('compares with the last good body after a bad one', () => {
    const parser = new ExpositionParser();
    const first = parser.parse(text('a 1\nb 1\n'), 'prometheus-text');
    expect(() => parser.parse(text('a 2\nb x\n'), 'prometheus-text')).to.throw(ExpositionError);
    const second = parser.parse(text('a 2\nb 1\n'), 'prometheus-text');
    expect(second.keys).to.equal(first.keys);
    expect([...(second.changed ?? [])]).to.deep.equal([0]);
  });

  it('does not take a metadata change for the same series', () => {
    const parser = new ExpositionParser();
    parser.parse(text('# TYPE a gauge\na 1\n'), 'prometheus-text');
    const result = parser.parse(text('# TYPE a counter\na 1\n'), 'prometheus-text');
    expect(result.isSameSeries).to.equal(false);
    expect(result.metadata[0]?.type).to.equal('counter');
  });

  it('reads on when the format changes', () => {
    const parser = new ExpositionParser();
    const first = parser.parse(text('a 1\n'), 'prometheus-text');
    const second = parser.parse(text('a 2\n# EOF\n'), 'openmetrics');
    expect(second.keys).to.equal(first.keys);
    expect([...(second.changed ?? [])]).to.deep.equal([0]);
  });

  it('reads exemplars when asked', () => {
    const parser = new ExpositionParser({ exemplars: true });
    const { exemplars } = parser.parse(text('a 0\na_total 1 # {t="x"} 0.5 2\n# EOF\n'), 'openmetrics');
    expect(exemplars).to.deep.equal([
      { index: 1, labels: Object.assign(Object.create(null), { t: 'x' }), value: 0.5, timestampMs: 2000 },
    ]);
  });

  it('keeps neither the body nor a view of it', () => {
    const parser = new ExpositionParser();
    const body = text('a 1\nb 2\n');
    const first = parser.parse(body, 'prometheus-text');
    body.fill(120);
    expect(keysOf(first)).to.deep.equal(['a', 'b']);
    expect([...(parser.parse(text('a 1\nb 3\n'), 'prometheus-text').changed ?? [])]).to.deep.equal([1]);
  });

  it('finds about a third of the values of an exporter changed, and reads them like a new parser does', () => {
    const exporter = new SyntheticExporter({ series: 500, seed: 1 });
    const parser = new ExpositionParser();
    let changed = 0;
    for (let i = 0; i <= 20; i++) {
      const body = exporter.next();
      const result = parser.parse(body, 'prometheus-text');
      changed += result.changed?.length ?? 0;
      expect([...result.values]).to.deep.equal([...new ExpositionParser().parse(body, 'prometheus-text').values]);
    }
    expect(changed / (20 * 500)).to.be.within(0.25, 0.45);
  });

  it('gives bit for bit what a parser without memory gives, whatever changes from body to body', () => {
    compareWithFreshParsers(seededRandom(7), 15);
  });

  it('does so without keeping the bodies', () => {
    compareWithFreshParsers(seededRandom(12), 5, { maxKeptBytes: 1 });
  });

  it('does so too where windows end anywhere', () => {
    const engine = scanEngine();
    if (engine === undefined) throw new Error('there is no WebAssembly');
    const { windowBytes, windowRows } = engine;
    const random = seededRandom(9);
    try {
      for (let i = 0; i < 20; i++) {
        engine.windowBytes = 30 + Math.floor(random() * 200);
        engine.windowRows = 1 + Math.floor(random() * 6);
        compareWithFreshParsers(random, 1, i % 4 === 0 ? { maxKeptBytes: 1 } : {});
      }
    } finally {
      Object.assign(engine, { windowBytes, windowRows });
    }
  });

  it('does so for lines put together from all parts of the formats', () => {
    const random = seededRandom(10);
    let accepted = 0;
    for (let round = 0; round < 3000; round++) {
      const format = random() < 0.5 ? 'openmetrics' : 'prometheus-text';
      const spice = round % 3 === 0 ? 0.15 : 0.02;
      let lines = Array.from({ length: 1 + Math.floor(random() * 6) }, () => randomLine(random, spice));
      const parser = new ExpositionParser(round % 4 === 0 ? { maxKeptBytes: 1 } : {});
      for (let scrape = 0; scrape < 4; scrape++) {
        const body = text(`${lines.join('\n')}\n${format === 'openmetrics' ? '# EOF\n' : ''}`);
        const expected = outcome(new ExpositionParser({ exemplars: true }), body, format);
        const shown = JSON.stringify(Buffer.from(body).toString());
        expect(outcome(new ExpositionParser(), body, format), shown).to.deep.equal(expected);
        expect(outcome(parser, body, format), shown).to.deep.equal(expected);
        if (!Object.hasOwn(expected as object, 'code')) accepted++;
        lines = lines.map((line) => (random() < 0.5 ? withOtherValue(line, random, spice) : line));
      }
    }
    expect(accepted).to.be.greaterThan(2000);
  });

  for (const options of [{}, { maxKeptBytes: 1_000_000 }]) {
    it(`does so for bodies of many windows${options.maxKeptBytes === undefined ? '' : ' that are not kept'}`, () => {
      const exporter = new SyntheticExporter({ series: 20_000, seed: 4 });
      const parser = new ExpositionParser(options);
      const first = parser.parse(exporter.next(), 'prometheus-text');
      for (let i = 0; i < 3; i++) {
        const body = exporter.next();
        const result = parser.parse(body, 'prometheus-text');
        const fresh = new ExpositionParser({ exemplars: true }).parse(body, 'prometheus-text');
        expect(result.keys).to.equal(first.keys);
        expect(Buffer.compare(Buffer.from(result.values.buffer), Buffer.from(fresh.values.buffer))).to.equal(0);
        expect(result.changed?.length).to.be.within(5000, 9000);
      }
    });
  }

  it('reads bodies that come to be too large to be kept, and that cease to be', () => {
    const exporter = new SyntheticExporter({ series: 500, seed: 13 });
    const parser = new ExpositionParser({ maxKeptBytes: 60_000 });
    let expectedKeys = '';
    for (const padding of [0, 0, 30_000, 30_000, 0, 0]) {
      const body = text(`${Buffer.from(exporter.next()).toString()}#${' '.repeat(padding)}\n`);
      expect(body.length > 60_000).to.equal(padding > 0);
      const result = parser.parse(body, 'prometheus-text');
      expectedKeys ||= keysOf(result).join('\n');
      expect(keysOf(result).join('\n')).to.equal(expectedKeys);
      expect([...result.values]).to.deep.equal([...new ExpositionParser().parse(body, 'prometheus-text').values]);
    }
  });

  it('refuses timestamps that are no points in time, whatever stood there before', () => {
    for (const timestamp of ['NaN', '+Inf', '-Inf', 'Inf', '1e999']) {
      const parser = new ExpositionParser();
      parser.parse(text('a 1 5\n# EOF\n'), 'openmetrics');
      expect(() => parser.parse(text(`a 1 ${timestamp}\n# EOF\n`), 'openmetrics'), timestamp).to.throw(ExpositionError);
    }
  });

  it('finds duplicates wherever they stand, plain or not', () => {
    const random = seededRandom(11);
    const spellings = [
      (i: number) => `m{a="${i}",b="x"} ${i}`,
      (i: number) => `m{b="x",a="${i}"} ${i}`,
      (i: number) => `m{ a="${i}", b="x" } ${i}`,
    ];
    const lines = Array.from(
      { length: 20_000 },
      () => spellings[Math.floor(random() * 3)]?.(Math.floor(random() * 5000)) ?? '',
    );
    const body = text(`${lines.join('\n')}\n`);
    const expected = outcome(new ExpositionParser({ exemplars: true }), body, 'prometheus-text');
    expect(outcome(new ExpositionParser(), body, 'prometheus-text')).to.deep.equal(expected);
    expect((expected as Exposition).duplicates).to.be.within(15_000, 15_200);
  });

  it('takes samples whose keys are larger than a window', () => {
    const labels = Array.from({ length: 60 }, (_, i) => `l${i}="${'x'.repeat(4000)}"`).join(',');
    const body = text(`a 1\nb{${labels}} 2\nb{${labels}} 3\nc{ x="y" } 4\n`);
    const limits = { maxLineBytes: Infinity };
    const result = new ExpositionParser({ limits }).parse(body, 'prometheus-text');
    const unkept = new ExpositionParser({ limits, maxKeptBytes: 1 });
    const series = text(
      Buffer.from(body)
        .toString()
        .replace(/^b.* 3\n/m, ''),
    );
    const { keys } = unkept.parse(series, 'prometheus-text');
    expect(unkept.parse(series, 'prometheus-text').keys).to.equal(keys);
    expect([...unkept.parse(body, 'prometheus-text').values]).to.deep.equal([1, 2, 4]);
    expect([...result.values]).to.deep.equal([1, 2, 4]);
    expect(outcome(new ExpositionParser({ limits }), body, 'prometheus-text')).to.deep.equal(
      outcome(new ExpositionParser({ limits, exemplars: true }), body, 'prometheus-text'),
    );
  });

  it('names exactly the indices whose bits differ', () => {
    const random = seededRandom(8);
    for (const [format, body] of SAMPLE_BODIES) {
      const parser = new ExpositionParser();
      let previous = parser.parse(text(body), format);
      for (let scrape = 0; scrape < 200; scrape++) {
        const digits = Buffer.from(body);
        for (let i = 0; i < digits.length; i++) {
          if ((digits[i] ?? 0) >= 48 && (digits[i] ?? 0) <= 57 && random() < 0.1)
            digits[i] = 48 + Math.floor(random() * 10);
        }
        let next: Exposition;
        try {
          next = parser.parse(digits, format);
        } catch {
          continue; // A quantile or unit was hit; the other tests look at refusals.
        }
        if (next.isSameSeries) {
          const differing = [...next.values.keys()].filter((i) => !Object.is(next.values[i], previous.values[i]));
          expect([...(next.changed ?? [])]).to.deep.equal(differing);
        }
        previous = next;
      }
    }
  });
});

/** Lets parsers with a memory read bodies that change at random, and compares each result with a fresh parser's. */
function compareWithFreshParsers(random: () => number, rounds: number, options: ExpositionParserOptions = {}): void {
  for (const [format, body] of SAMPLE_BODIES) {
    for (let round = 0; round < rounds; round++) {
      const parser = new ExpositionParser(options);
      let good = text(body);
      let previous: Exposition | undefined;
      for (let scrape = 0; scrape < 30; scrape++) {
        const next = scrape === 0 ? good : mutate(good, random);
        // A parser that wants exemplars reads everything entry by entry, without the engine.
        const expected = outcome(new ExpositionParser({ exemplars: true }), next, format);
        const shown = Buffer.from(next).toString('latin1');
        expect(outcome(new ExpositionParser(), next, format), shown).to.deep.equal(expected);
        expect(outcome(parser, next, format), shown).to.deep.equal(expected);
        if (typeof expected === 'object' && expected !== null && 'code' in expected) continue;
        // The same body once more changes nothing, and shows what the parser has made of it.
        const again = parser.parse(next, format);
        expect(again.isSameSeries && again.changed?.length === 0).to.equal(true);
        if (previous !== undefined) expectConsistent(previous, again);
        previous = again;
        good = next;
      }
    }
  }
}

/** `isSameSeries` and the objects shared must tell the same story. */
function expectConsistent(before: Exposition, after: Exposition): void {
  const isSame =
    Buffer.compare(before.keys, after.keys) === 0 && JSON.stringify(before.metadata) === JSON.stringify(after.metadata);
  expect(before.keys === after.keys).to.equal(isSame);
}
