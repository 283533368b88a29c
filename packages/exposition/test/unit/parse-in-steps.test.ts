import { expect } from 'chai';

import { ExpositionError, ExpositionParser, SeriesPool, SPARE_BYTES } from '../../src/index.ts';
import type { Exposition } from '../../src/index.ts';
import { SyntheticExporter } from '../synthetic-exporter.ts';

const FORMAT = 'prometheus-text';

/** A body with room behind it, so that a parser may keep it. */
function roomy(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(body.length + SPARE_BYTES);
  room.set(body);
  return room.subarray(0, body.length);
}

function finish(steps: Generator<undefined, Exposition>): { result: Exposition; pauses: number } {
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next();
    if (done === true) return { result: value, pauses };
  }
}

function expectSame(result: Exposition, expected: Exposition): void {
  expect(Buffer.compare(result.keys, expected.keys)).to.equal(0);
  expect(Buffer.compare(Buffer.from(result.values.buffer), Buffer.from(expected.values.buffer))).to.equal(0);
  expect(result.metadata).to.deep.equal(expected.metadata);
}

describe('parsing in steps', () => {
  it('gives what parsing at once gives, in full and by difference, whoever parses in between', () => {
    const exporter = new SyntheticExporter({ series: 20_000, seed: 5 });
    const others = new SyntheticExporter({ series: 3_000, seed: 6 });
    const parser = new ExpositionParser({ pool: new SeriesPool() });
    const other = new ExpositionParser();
    for (let scrape = 0; scrape < 3; scrape++) {
      const body = exporter.next();
      const steps = parser.parseInSteps(roomy(body), FORMAT);
      let pauses = 0;
      for (let step = steps.next(); ; step = steps.next(), pauses++) {
        if (step.done === true) {
          expectSame(step.value, new ExpositionParser().parse(body, FORMAT));
          expect(step.value.isSameSeries).to.equal(scrape > 0);
          break;
        }
        // In full by one that is new, by difference by one that is not.
        const between = others.next();
        expectSame(other.parse(between, FORMAT), new ExpositionParser().parse(between, FORMAT));
      }
      expect(pauses).to.be.greaterThan(5);
    }
  });

  it('does so for bodies that are not written the plain way, and in strict mode', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `a { x = "${index}" , } ${index}`);
    const body = Buffer.from(`${lines.join('\n')}\n`);
    const { result, pauses } = finish(new ExpositionParser().parseInSteps(roomy(body), FORMAT));
    expectSame(result, new ExpositionParser().parse(body, FORMAT));
    expect(pauses).to.be.greaterThan(2);
    const plain = new SyntheticExporter({ series: 10_000, seed: 8 }).next();
    const strict = finish(new ExpositionParser({ strict: true }).parseInSteps(roomy(plain), FORMAT));
    expectSame(strict.result, new ExpositionParser().parse(plain, FORMAT));
    expect(strict.pauses).to.be.greaterThan(2);
  });

  const FOREIGN: readonly (readonly [what: string, line: (index: number) => string, most?: number])[] = [
    ['values with escapes that mean nothing', (index) => `a{b="\\x${index}"} 1`],
    ['quoted label names with escapes', (index) => `a{"\\"${index}"="c"} 1`],
    ['quoted metric names', (index) => `{"a.${index}",b="\\c"} 1`],
    ['blanks', (index) => `a { x = "${index}" , } ${index}`],
    ['metadata', (index) => `# HELP a${index} b`, 1280],
    ['comments', (index) => `  # ${index}`],
  ];

  for (const [what, line, most = 512] of FOREIGN) {
    it(`reads no more than ${most} entries in a step: ${what}`, () => {
      const lines = Array.from({ length: 40_000 }, (_, index) => line(index));
      const body = Buffer.from(`${lines.join('\n')}\n`);
      const { result, pauses } = finish(new ExpositionParser().parseInSteps(roomy(body), FORMAT, { keepsBody: false }));
      expectSame(result, new ExpositionParser().parse(body, FORMAT));
      expect(pauses).to.be.at.least(lines.length / most - 1);
    });
  }

  it('reads no more than two lines in a step that are long and have to be decoded', () => {
    const value = '\\x'.repeat(2000);
    const lines = Array.from({ length: 100 }, (_, index) => {
      const labels = Array.from({ length: 8 }, (__, label) => `l${label}="${value}"`);
      return `a{${labels.join(',')},i="${index}"} 1`;
    });
    const body = Buffer.from(`${lines.join('\n')}\n`);
    for (const strict of [false, true]) {
      const limits = { maxLineBytes: 100_000 };
      const parser = new ExpositionParser({ exemplars: strict, limits });
      expect(finish(parser.parseInSteps(roomy(body), FORMAT)).pauses).to.be.at.least(lines.length / 2 - 1);
    }
  });

  it('shares its scratch memory with nobody while it pauses', () => {
    const exporter = new SyntheticExporter({ series: 20_000, seed: 15 });
    const others = new SyntheticExporter({ series: 40_000, seed: 16 });
    const [body, between] = [exporter.next(), others.next()];
    const steps = new ExpositionParser().parseInSteps(roomy(body), FORMAT, { keepsBody: false });
    const otherSteps = new ExpositionParser().parseInSteps(roomy(between), FORMAT, { keepsBody: false });
    for (;;) {
      otherSteps.next();
      const step = steps.next();
      if (step.done !== true) continue;
      expectSame(step.value, new ExpositionParser().parse(body, FORMAT));
      break;
    }
    expectSame(finish(otherSteps).result, new ExpositionParser().parse(between, FORMAT));
  });

  it('does not keep a body that is not its own', () => {
    const exporter = new SyntheticExporter({ series: 2_000, seed: 17 });
    const parser = new ExpositionParser();
    const first = roomy(exporter.next());
    finish(parser.parseInSteps(first, FORMAT, { keepsBody: false }));
    first.fill(0);
    const second = exporter.next();
    expectSame(parser.parse(second, FORMAT), new ExpositionParser().parse(second, FORMAT));
  });

  it('keeps a body with room behind it, and a copy of one without', () => {
    const exporter = new SyntheticExporter({ series: 2_000, seed: 9 });
    const parser = new ExpositionParser();
    const [first, second, third] = [exporter.next(), exporter.next(), exporter.next()];
    const own = Uint8Array.from(first);
    finish(parser.parseInSteps(own, FORMAT));
    own.fill(0);
    expectSame(finish(parser.parseInSteps(roomy(second), FORMAT)).result, new ExpositionParser().parse(second, FORMAT));
    // The one that was kept serves to compare with.
    expectSame(parser.parse(third, FORMAT), new ExpositionParser().parse(third, FORMAT));
  });

  it('reads bodies that it does not keep in no larger steps', () => {
    const exporter = new SyntheticExporter({ series: 20_000, seed: 18 });
    const parser = new ExpositionParser({ maxKeptBytes: 1 });
    const first = finish(parser.parseInSteps(roomy(exporter.next()), FORMAT)).result;
    for (let scrape = 0; scrape < 2; scrape++) {
      const body = exporter.next();
      const own = roomy(body);
      const { result, pauses } = finish(parser.parseInSteps(own, FORMAT));
      own.fill(0);
      expectSame(result, new ExpositionParser().parse(body, FORMAT));
      expect(result.keys).to.equal(first.keys);
      expect(pauses).to.be.greaterThan(5);
    }
  });

  it('reads the next body rightly when it was not brought to its end', () => {
    const exporter = new SyntheticExporter({ series: 20_000, seed: 10 });
    const parser = new ExpositionParser();
    const first = parser.parse(exporter.next(), FORMAT);
    for (const steps of [1, 3]) {
      const broken = parser.parseInSteps(roomy(exporter.next()), FORMAT);
      for (let step = 0; step < steps; step++) expect(broken.next().done).to.equal(false);
      const body = exporter.next();
      const result = parser.parse(body, FORMAT);
      expectSame(result, new ExpositionParser().parse(body, FORMAT));
      expect(result.keys).to.equal(first.keys);
    }
  });

  it('refuses what parsing at once refuses, at the same place', () => {
    const body = Buffer.from(`${'a 1\n'.repeat(60_000)}a{ 2\n`);
    const refusal = (parse: () => unknown): unknown => {
      try {
        return parse();
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error;
        return [error.code, error.line, error.column];
      }
    };
    const inSteps = refusal(() => finish(new ExpositionParser().parseInSteps(roomy(body), FORMAT)));
    expect(inSteps).to.deep.equal(refusal(() => new ExpositionParser().parse(body, FORMAT)));
    expect(inSteps).to.deep.equal(['expected_label_name', 60_001, 4]);
  });
});
