/** A seeded source of numbers in [0, 1): a 32-bit xorshift, good enough for test data. */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 0x9e37_79b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A double as Go's exporters print it: shortest digits, exponents of at least two digits from 1e21 and below 1e-4. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 21)) return value.toString();
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

interface Row {
  readonly prefix: string;
  value: number;
  /** Moves to the next state; undefined for rows that a histogram moves. */
  readonly step: (() => void) | undefined;
}

interface Block {
  readonly header: string;
  readonly rows: Row[];
  readonly steps: (() => void)[];
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const VERBS = ['GET', 'POST', 'PUT', 'DELETE'];
const CODES = ['200', '204', '304', '400', '404', '500', '503'];
const THINGS = [
  'basket',
  'parcel',
  'ticket',
  'voucher',
  'account',
  'picture',
  'comment',
  'playlist',
  'device',
  'route',
];

/**
 * An exporter whose bodies look like those of a Go service: histograms (about 45 % of the series), gauges, counters, a few
 * runtime values; about a third of the values change from body to body, names never do.
 */
export class SyntheticExporter {
  readonly series: number;
  readonly #random: () => number;
  readonly #blocks: Block[] = [];
  #started = false;

  constructor(options: { series: number; seed: number }) {
    this.series = options.series;
    this.#random = seededRandom(options.seed);
    this.#build();
  }

  /** The next body. */
  next(): Uint8Array {
    if (this.#started) for (const block of this.#blocks) for (const step of block.steps) step();
    this.#started = true;
    let text = '';
    for (const block of this.#blocks) {
      text += block.header;
      for (const row of block.rows) text += `${row.prefix} ${goFloat(row.value)}\n`;
    }
    return new Uint8Array(Buffer.from(text));
  }

  #build(): void {
    const histograms = Math.floor((this.series * 0.45) / (BOUNDS.length + 2));
    if (histograms > 0) this.#histogram('request_duration_seconds', 'How long requests took.', histograms);
    const left = this.series - histograms * (BOUNDS.length + 2);
    const runtime = Math.min(6, left);
    for (let i = 0; i < runtime; i++) {
      this.#simple(`runtime_value_${i}_bytes`, 'gauge', 1, () => '', i < 2 ? 0 : 0.8, 4096);
    }
    const gauges = Math.floor((left - runtime) * 0.4);
    const counters = left - runtime - gauges;
    const gaugeLabels = (i: number): string => `{pool="${THINGS[i % 10] ?? ''}-${Math.floor(i / 10)}",state="busy"}`;
    const counterLabels = (i: number): string =>
      `{code="${CODES[i % 7] ?? ''}",handler="/api/v1/${THINGS[i % 10] ?? ''}/${Math.floor(i / 70)}",method="${VERBS[i % 4] ?? ''}"}`;
    this.#simple('pool_temperature_celsius', 'gauge', Math.floor(gauges / 2), gaugeLabels, undefined, 0);
    this.#simple('pool_connections', 'gauge', gauges - Math.floor(gauges / 2), gaugeLabels, undefined, 1);
    this.#simple('requests_total', 'counter', Math.floor(counters / 2), counterLabels, undefined, 1);
    this.#simple('sent_bytes_total', 'counter', counters - Math.floor(counters / 2), counterLabels, undefined, 1500);
  }

  /** How likely a row changes: chosen so that about 35 % of all do. */
  #activity(): number {
    const draw = this.#random();
    return draw < 0.45 ? 0 : draw < 0.6 ? 0.3 : 0.8;
  }

  #simple(
    name: string,
    type: 'gauge' | 'counter',
    count: number,
    labels: (i: number) => string,
    activity: number | undefined,
    unit: number,
  ): void {
    if (count === 0) return;
    const random = this.#random;
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) {
      const chance = activity ?? this.#activity();
      const start = unit === 0 ? random() * 90 : Math.floor(random() ** 3 * 1e6) * unit;
      const row: Row = {
        prefix: name + labels(i),
        value: start,
        step: () => {
          if (random() >= chance) return;
          if (type === 'counter') row.value += (1 + Math.floor(random() * 50)) * unit;
          else row.value = unit === 0 ? random() * 90 : Math.floor(random() * 300) * unit;
        },
      };
      rows.push(row);
    }
    this.#blocks.push({
      header: `# HELP ${name} What ${name.replaceAll('_', ' ')} tells.\n# TYPE ${name} ${type}\n`,
      rows,
      steps: rows.flatMap(({ step }) => (step === undefined ? [] : [step])),
    });
  }

  #histogram(name: string, help: string, count: number): void {
    const random = this.#random;
    const rows: Row[] = [];
    const steps: (() => void)[] = [];
    for (let i = 0; i < count; i++) {
      const labels = `handler="/api/v1/${THINGS[i % 10] ?? ''}/${Math.floor(i / 40)}",method="${VERBS[Math.floor(i / 10) % 4] ?? ''}"`;
      const buckets = BOUNDS.map((bound): Row => ({
        prefix: `${name}_bucket{${labels},le="${goFloat(bound)}"}`,
        value: 0,
        step: undefined,
      }));
      const sum: Row = { prefix: `${name}_sum{${labels}}`, value: 0, step: undefined };
      const total: Row = { prefix: `${name}_count{${labels}}`, value: 0, step: undefined };
      rows.push(...buckets, sum, total);
      const middle = random() * 8;
      const observe = (times: number): void => {
        const at = Math.min(BOUNDS.length - 1, Math.max(0, Math.round(middle + (random() + random() - 1) * 3)));
        for (let b = at; b < buckets.length; b++) {
          const bucket = buckets[b];
          if (bucket !== undefined) bucket.value += times;
        }
        sum.value += times * Math.min(20, BOUNDS[at] ?? 0) * (0.5 + random() / 2);
        total.value += times;
      };
      for (let k = 0; k < 30; k++) observe(Math.ceil(random() * 500));
      const chance = this.#activity();
      steps.push(() => {
        if (random() < chance) for (let k = 0; k < 3; k++) observe(Math.ceil(random() * 20));
      });
    }
    this.#blocks.push({ header: `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`, rows, steps });
  }
}
