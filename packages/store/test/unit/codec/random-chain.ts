import type { SeriesSchema } from '@pulsekeeper/model';
import { seededRandom } from '@pulsekeeper/test-support';
import type { Frame } from '../../../src/frame.ts';
import { frameOf, report, schemaOf } from './chain-support.ts';

/** Doubles that meet special cases, by their bits. */
export const ODD_BITS = [
  0x7ff0000000000002n, // the staleness marker
  0x7ff8000000000001n,
  0xfff8000000000000n,
  0x7ff4a85e7ff4a85en, // the bits that an absent column holds
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x8000000000000000n,
  0x0000000000000001n,
  0x800fffffffffffffn,
  0x7fefffffffffffffn,
  0xffffffffffffffffn,
  0n,
];

/** How the values of a series go from scrape to scrape. */
const KINDS: readonly ((random: () => number, before: number) => number | bigint)[] = [
  (random, before) => before + Math.floor(random() * 40),
  (random) => Math.floor(random() * 20) - 5,
  (_random, before) => before + 17,
  (random, before) => (random() < 0.95 ? before : before + 1),
  (random, before) => Math.round((before + random() * 3) * 100) / 100,
  (random) => Math.round(random() * 1e9) / 1e9,
  (random) => random() * 100,
  (random, before) => before + random(),
  (random, before) => before + Math.floor((random() - 0.5) * 2 ** 31),
  (random) => Math.floor((random() - 0.5) * 2 ** 52),
  (random) => Math.floor(random() * 2 ** 20) * 2 ** 40,
  (random) => ODD_BITS[Math.floor(random() * ODD_BITS.length)] ?? 0n,
  (random) => (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32)),
  (random, before) => (random() < 0.5 ? 0 : before + (random() < 0.5 ? 0.5 : 1)),
  (random) => (random() < 0.2 ? -0 : Math.floor(random() * 3) * 2 ** 29),
  (random) => (random() < 0.7 ? Math.floor(random() * 1000) : Number.NaN),
];

/**
 * Frames of one target whose series are of all kinds, mixed or in runs, and change more or less often; with series that are
 * away now and then, others that are new, times of samples and failures. The same seed always gives the same.
 */
export function* randomChain(seed: number, series: number, frames: number): Iterable<Frame> {
  const random = seededRandom(seed);
  const most = Math.ceil(series * 1.05) + 2;
  const runs = 1 + Math.floor(random() * 20);
  const kinds = Array.from({ length: most }, (_, at) => Math.floor(at / runs + random() * 0.1) % KINDS.length);
  const values = new Float64Array(most);
  const bits = new BigUint64Array(values.buffer);
  const activity = random();
  const keys = Array.from({ length: most }, (_, at) => `series_${at}`);
  const whole = schemaOf(keys.slice(0, series));
  const varies = random() < 0.5;
  for (let number = 1000; number < 1000 + frames; number++) {
    for (let at = 0; at < most; at++) {
      if (random() >= activity && number > 1000) continue;
      const next = KINDS[kinds[at]!]!(random, Number.isFinite(values[at]) ? values[at]! : 1);
      if (typeof next === 'bigint') bits[at] = next;
      else values[at] = next;
    }
    if (random() < 0.05) {
      yield frameOf(number, undefined);
      continue;
    }
    const isWhole = !varies || random() < 0.5;
    const chosen = isWhole ? undefined : [...keys.keys()].filter((at) => random() < (at < series ? 0.99 : 0.3));
    const schema: SeriesSchema = chosen === undefined ? whole : schemaOf(chosen.map((at) => keys[at]!));
    // By their bits: a NaN's payload need not survive a move through a double.
    const taken = chosen === undefined ? bits.slice(0, series) : BigUint64Array.from(chosen, (at) => bits[at]!);
    const times = random() < 0.1 ? takeTimes(random, schema.size, number * 15_000) : undefined;
    yield frameOf(
      number,
      {},
      {
        report: report({ samplesScraped: schema.size, samplesPostRelabel: schema.size }),
        samples: { schema, values: new Float64Array(taken.buffer), ...(times && { timestampsMs: times }) },
      },
    );
  }
}

function takeTimes(random: () => number, size: number, nowMs: number): Float64Array {
  return Float64Array.from({ length: size }, () =>
    random() < 0.3 ? Number.NaN : nowMs - Math.floor(random() * 1000) * 100,
  );
}
