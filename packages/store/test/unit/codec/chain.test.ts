import { expect } from 'chai';
import fc from 'fast-check';
import { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import type { Frame } from '../../../src/frame.ts';
import { bitsByKey, bitsOf, decodeWith, frameOf, INTERVAL_MS, newEncoder, report, schemaOf } from './chain-support.ts';
import { ODD_BITS } from './random-chain.ts';

/** Any 64 bits, with those that meet special cases more often. */
const doubleBits = fc.oneof(
  fc.constantFrom(...ODD_BITS),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.integer({ min: -1000, max: 1000 }).map(toBits),
  fc.integer({ min: -100_000, max: 100_000 }).map((value) => toBits(value / 100)),
  fc.maxSafeInteger().map(toBits),
  fc.double().map(toBits),
);

function toBits(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!;
}

function valuesOf(bits: readonly bigint[]): Float64Array {
  return new Float64Array(BigUint64Array.from(bits).buffer);
}

/** A run of scrapes of one target, with series that come and go, failures, and intervals that are left out. */
const scrapes = fc.array(
  fc.record({
    skip: fc.integer({ min: 1, max: 40 }),
    failed: fc.boolean(),
    samples: fc.array(fc.record({ series: fc.integer({ min: 0, max: 40 }), bits: doubleBits }), { maxLength: 60 }),
    withTimes: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('chain of frames', () => {
  it('keeps every double bit for bit while series come, go, change places and repeat', () => {
    fc.assert(
      fc.property(scrapes, fc.integer({ min: 1, max: 120 }), (run, keyFrameSlots) => {
        const encoder = newEncoder({ keyFrameSlots });
        const decoder = new ChainDecoder();
        const known = new Map();
        let number = 1000;
        for (const scrape of run) {
          number += scrape.skip;
          const keys = scrape.samples.map(({ series }) => `m${series % 7}{s="${series}"}`);
          const frame: Frame = scrape.failed
            ? frameOf(number, undefined)
            : frameOf(
                number,
                {},
                {
                  samples: {
                    schema: schemaOf(keys),
                    values: valuesOf(scrape.samples.map(({ bits }) => bits)),
                    timestampsMs: scrape.withTimes
                      ? Float64Array.from(scrape.samples, ({ series }) =>
                          series % 3 === 0 ? NaN : number * 1000 + series,
                        )
                      : undefined,
                  },
                },
              );
          const header = decodeWith(decoder, encoder.encode(frame), known);
          expect(header.slotMs).to.equal(frame.slotMs);
          expect(header.report).to.deep.equal(frame.report);
          if (scrape.failed) continue;
          expect(bitsByKey(decoder)).to.deep.equal(bitsOf(frame));
          expect(header.hasSampleTimestamps).to.equal(scrape.withTimes);
          if (scrape.withTimes) expectTimes(decoder, frame);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every double bit for bit in many successive states of a wide target', () => {
    const column = fc.array(doubleBits, { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(
        column,
        fc.array(fc.array(fc.tuple(fc.nat(299), doubleBits), { maxLength: 80 }), { maxLength: 20 }),
        (first, changes) => {
          const encoder = newEncoder();
          const decoder = new ChainDecoder();
          const schema = schemaOf(first.map((_, index) => `m{i="${index}"}`));
          const bits = [...first];
          let number = 7;
          for (const change of [[], ...changes]) {
            for (const [index, next] of change) bits[index] = next;
            const frame = frameOf(++number, {}, { samples: { schema, values: valuesOf(bits) } });
            decodeWith(decoder, encoder.encode(frame), new Map());
            decoder.schemas = [schema];
            expect(Buffer.from(decoder.state.words.buffer).equals(Buffer.from(frame.samples!.values.buffer))).to.equal(
              true,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('begins with a key frame that names the collector and the schema, then writes deltas', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    const known = new Map();
    const first = decodeWith(decoder, encoder.encode(frameOf(121, { a: 1, b: 2 })), known);
    expect(first).to.include({ kind: 'key', collector: 'c1' });
    expect(first.schemaIds).to.deep.equal([schemaOf(['a', 'b']).id]);
    const second = decodeWith(decoder, encoder.encode(frameOf(122, { a: 1, b: 3 })), known);
    expect(second).to.include({ kind: 'delta', keyDistance: 1, chainIndex: 1, collector: undefined });
  });

  it('starts over at the same slot numbers, whenever the chain began', () => {
    const kinds = [120, 130, 239, 240, 241].map((number) => number);
    const encoder = newEncoder();
    expect(kinds.map((number) => encoder.encode(frameOf(number, { a: number })).kind)).to.deep.equal([
      'key',
      'delta',
      'delta',
      'key',
      'delta',
    ]);
  });

  it('makes the first samples of a period a key frame when its first slots failed', () => {
    const encoder = newEncoder();
    encoder.encode(frameOf(239, { a: 1 }));
    const failed = encoder.encode(frameOf(240, undefined));
    const next = encoder.encode(frameOf(241, { a: 1 }));
    expect([failed.kind, next.kind]).to.deep.equal(['failure', 'key']);
  });

  it('has key frames at fixed times, however many slots are missed, also after starting anew', () => {
    for (const first of [240, 250, 301]) {
      const encoder = newEncoder({ keyFrameSlots: 60, keyFrameShift: 7 });
      const keys: number[] = [];
      // Many slots are missed, and the first of each period with them.
      for (let number = first; number < 600; number += number % 7 === 0 ? 5 : 2) {
        if ((number + 7) % 60 === 0) continue;
        if (encoder.encode(frameOf(number, { a: number })).kind === 'key') keys.push(number);
      }
      const periods = keys.map((number) => Math.floor((number + 7) / 60));
      const firstPeriod = Math.floor((first + 7) / 60);
      expect(periods).to.deep.equal(Array.from({ length: 11 - firstPeriod }, (_, index) => firstPeriod + index));
    }
  });

  it('goes on after a failure without starting over', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    const known = new Map();
    decodeWith(decoder, encoder.encode(frameOf(1, { a: 1, b: 5 })), known);
    const failure = decodeWith(decoder, encoder.encode(frameOf(2, undefined)), known);
    expect(failure.report.failure).to.deep.equal({ reason: 'timeout', message: 'too slow' });
    const frame = frameOf(3, { a: 2, b: 5 });
    expect(decodeWith(decoder, encoder.encode(frame), known).kind).to.equal('delta');
    expect(bitsByKey(decoder)).to.deep.equal(bitsOf(frame));
  });

  it('expresses series that come and go without starting over', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    const known = new Map();
    const kinds: string[] = [];
    for (const [number, samples] of [
      [1, { a: 1, b: 2, c: 3 }],
      [2, { a: 1, b: 2, c: 3, d: 4 }],
      [3, { d: 4, a: 1 }],
      [4, { a: 1, b: 9, d: 4, e: 5 }],
    ] as const) {
      const frame = frameOf(number, samples);
      kinds.push(decodeWith(decoder, encoder.encode(frame), known).kind);
      expect(bitsByKey(decoder)).to.deep.equal(bitsOf(frame));
    }
    expect(kinds).to.deep.equal(['key', 'delta', 'delta', 'delta']);
  });

  it('takes an empty scrape', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    const known = new Map();
    decodeWith(decoder, encoder.encode(frameOf(1, {})), known);
    expect(bitsByKey(decoder)).to.deep.equal({});
    decodeWith(decoder, encoder.encode(frameOf(2, { a: 1 })), known);
    expect(Object.keys(bitsByKey(decoder))).to.deep.equal(['a']);
    decodeWith(decoder, encoder.encode(frameOf(3, {})), known);
    expect(bitsByKey(decoder)).to.deep.equal({});
  });

  it('takes a change of the interval, with a key frame', () => {
    const encoder = newEncoder();
    encoder.encode(frameOf(1, { a: 1 }));
    const frame = frameOf(2, { a: 1 }, { intervalMs: INTERVAL_MS * 2 });
    expect(encoder.encode(frame).kind).to.equal('key');
  });

  it('refuses values that do not fit the schema', () => {
    const frame = frameOf(1, {}, { samples: { schema: schemaOf(['a']), values: new Float64Array(2) } });
    expect(() => newEncoder().encode(frame)).to.throw(RangeError);
  });

  it('keeps what the report says', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    const odd = report({ samplesScraped: 900, samplesPostRelabel: 7, seriesAdded: 3, attempts: 3, bodyBytes: 2 ** 40 });
    const frame = frameOf(5, { a: 1 }, { report: odd, timestampMs: 5 * INTERVAL_MS + 2345 });
    const header = decodeWith(decoder, encoder.encode(frame), new Map());
    expect(header.report).to.deep.equal(odd);
    expect(header.timestampMs).to.equal(frame.timestampMs);
  });
});

function expectTimes(decoder: ChainDecoder, frame: Frame): void {
  const expected = new Map<string, number>();
  const { schema, timestampsMs } = frame.samples!;
  for (let index = 0; index < schema.size; index++) {
    const key = schema.keyAt(index);
    if (!expected.has(key)) expected.set(key, timestampsMs![index]!);
  }
  let column = 0;
  for (const columns of decoder.schemas) {
    for (let index = 0; index < columns.size; index++, column++) {
      if (!decoder.isPresent(column)) continue;
      const time = expected.get(columns.keyAt(index))!;
      expect(decoder.hasTime(column)).to.equal(!Number.isNaN(time));
      if (!Number.isNaN(time)) expect(decoder.times!.values[column]).to.equal(time);
    }
  }
}
