import { expect } from 'chai';
import fc from 'fast-check';
import { packArguments } from '../../../src/redis/resp-writer.ts';
import {
  CommandMemory,
  type MaddCommand,
  MaddPacker,
  type MaddTrain,
  MOST_COMMANDS,
  MOST_SAMPLES,
  samplesAt,
} from '../../../src/timeseries/madd-packer.ts';
import { SampleImage } from '../../../src/timeseries/sample-image.ts';

const SERIES = 12;
const keys = Array.from({ length: SERIES }, (_, index) => `k:${'x'.repeat(index % 5)}${index}`);
const values = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 1_200 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 9, 10, 99.5, 100) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(99_999_999, 100_000_000, 1e9, 1e10, 1e21, 1e-7) },
);

/** What the arguments of a request say, as key, time and value. */
function samplesOf(bytes: Buffer, count: number): [key: string, time: string, value: number][] {
  const head = Buffer.from('$7\r\nTS.MADD\r\n');
  const all = samplesAt(Buffer.concat([head, bytes]), [...Array(count).keys()]);
  // Lengths and line ends are right when putting the texts together again gives the same bytes.
  expect(packArguments(all.flatMap(({ key, time, value }) => [key, time, value])).equals(bytes)).to.equal(true);
  return all.map(({ key, time, value }) => [key, time, Number(value)]);
}

describe('SampleImage', () => {
  it('has after any row of scrapes the samples of the last, whatever changed its value, its length, came or went', () => {
    const scrapes = fc.array(
      fc.record({
        stepMs: fc.constantFrom(1, 15_000, 999_999_999),
        samples: fc.array(fc.option(values, { nil: undefined, freq: 6 }), { minLength: SERIES, maxLength: SERIES }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(scrapes, fc.constantFrom(5, 999_985_000, 1_700_000_000_000), (rows, firstMs) => {
        const image = new SampleImage(keys.map((key) => packArguments([key])));
        let slotMs = firstMs;
        for (const { stepMs, samples } of rows) {
          slotMs += stepMs;
          // Infinities are no samples either.
          image.update(
            slotMs,
            Float64Array.from(samples, (value, index) => value ?? [Number.NaN, Infinity, -Infinity][index % 3]!),
          );
          const expected = samples.flatMap((value, index) =>
            value === undefined ? [] : [[keys[index]!, String(slotMs), value] as const],
          );
          expect(image.count).to.equal(expected.length);
          const found = samplesOf(image.slice(0, image.count), image.count);
          for (const [place, [key, time, value]] of expected.entries()) {
            expect(found[place]!.slice(0, 2)).to.deep.equal([key, time]);
            expect(Object.is(found[place]![2], value), `${found[place]![2]} for ${value}`).to.equal(true);
            expect(samplesOf(image.slice(place, place + 1), 1)[0]![0]).to.equal(key);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the lengths of texts as they are while numbers grow and shrink a little', () => {
    const image = new SampleImage([packArguments(['k'])]);
    const lengths = [1, 12, 99_999_999, 0.1, 1.23456789, 1e-7, -5].map((value, step) => {
      image.update(1_700_000_000_000 + step * 15_000, Float64Array.of(value));
      return image.slice(0, 1).length;
    });
    expect(new Set(lengths)).to.have.property('size', 1);
  });
});

describe('MaddPacker', () => {
  it('cuts the samples of any targets into trains of commands that hold each once, in order, with its owner', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 1_300 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: MOST_COMMANDS }), (targets, mostCommands) => {
        const memory = new CommandMemory();
        const packer = new MaddPacker<number>(memory, mostCommands);
        const found: [owner: number | undefined, key: string][] = [];
        const take = (trains: Iterable<MaddTrain<number>>): void => {
          for (const { bytes: whole, commands, memory: used } of trains) {
            expect(commands.length).to.be.within(1, mostCommands);
            expect(Buffer.concat(commands.map(({ bytes }) => bytes)).equals(whole)).to.equal(true);
            for (const command of commands) takeCommand(command);
            memory.giveBack(used);
          }
        };
        const takeCommand = ({ bytes, samples, owners }: MaddCommand<number>): void => {
          expect(samples).to.be.within(1, MOST_SAMPLES);
          expect(bytes.toString('latin1')).to.match(new RegExp(`^\\*${1 + samples * 3}\r\n\\$7\r\nTS\\.MADD\r\n`));
          const all = samplesAt(
            bytes,
            Array.from({ length: samples }, (_, place) => place),
          );
          expect(all).to.have.lengthOf(samples);
          for (const [place, { key, time, value }] of all.entries()) {
            expect([time, Number(value)]).to.deep.equal(['1000', 1]);
            found.push([owners.findLast(({ at }) => at <= place)?.owner, key]);
          }
        };
        for (const [owner, size] of targets.entries()) {
          const image = new SampleImage(
            Array.from({ length: size }, (_, index) => packArguments([`${owner}/${index}`])),
          );
          image.update(1_000, new Float64Array(size).fill(1));
          take(packer.add(image, owner));
        }
        take(packer.flush());
        expect(found).to.deep.equal(
          targets.flatMap((size, owner) => Array.from({ length: size }, (_, index) => [owner, `${owner}/${index}`])),
        );
      }),
      { numRuns: 30 },
    );
  });
});
