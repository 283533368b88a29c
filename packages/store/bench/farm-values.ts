import { createSeriesSchema, type SeriesSchema } from '@pulsekeeper/model';
import { seededRandom } from '@pulsekeeper/test-support';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One kind of process: its series and their values in successive states. */
export interface FarmShape {
  readonly schema: SeriesSchema;
  readonly states: readonly Float64Array[];
}

interface Group {
  readonly keys: readonly string[];
  readonly values: () => readonly number[];
  readonly step: () => void;
}

/**
 * Values as real exporters have them: 45 % of the series in histograms, a fifth gauges, the rest counters, in whole
 * numbers, hundredths of seconds, bytes, and doubles with all digits. About 35 % change from state to state.
 */
export function makeShape(series: number, states: number, seed: number): FarmShape {
  const random = seededRandom(seed);
  let turn = 0;
  const activity = (): number => {
    const x = (turn++ * 0.618034) % 1;
    return x < 0.435 ? 0 : x < 0.6 ? 0.3 : 0.85;
  };
  const groups: Group[] = [];
  let count = 0;
  const add = (group: Group): void => {
    groups.push(group);
    count += group.keys.length;
  };
  for (const group of histograms(series * 0.45, activity, random)) add(group);
  for (let index = 0; count < series * 0.66; index++) add(gauge(index, activity(), random));
  for (let index = 0; count < series; index++) add(counter(index, activity(), random));
  const schema = createSeriesSchema(Buffer.from(groups.flatMap(({ keys }) => keys.map((key) => `${key}\n`)).join('')));
  const list: Float64Array[] = [];
  for (let state = 0; state < states; state++) {
    list.push(Float64Array.from(groups.flatMap(({ values }) => values())));
    for (const { step } of groups) step();
  }
  return { schema, states: list };
}

/** Shapes from bodies saved as `<dir>/b-<shape>-<state>.txt`. */
export function readShapes(folder: string): FarmShape[] {
  const shapes: { schema: SeriesSchema; states: Float64Array[] }[] = [];
  const names = readdirSync(folder).filter((name) => /^b-\d+-\d+\.txt$/.test(name));
  names.sort((left, right) => left.localeCompare(right, 'en', { numeric: true }));
  for (const name of names) {
    const shape = Number(name.split('-')[1]);
    const lines = readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const values = Float64Array.from(lines, (line) =>
      Number(line.slice(line.lastIndexOf(' ') + 1).replace('+Inf', 'Infinity')),
    );
    shapes[shape] ??= {
      schema: createSeriesSchema(
        Buffer.from(lines.map((line) => `${line.slice(0, line.lastIndexOf(' '))}\n`).join('')),
      ),
      states: [],
    };
    shapes[shape].states.push(values);
  }
  return shapes;
}

/** The share of values that differ between successive states. */
export function changedFraction({ states }: FarmShape): number {
  let changed = 0;
  for (let state = 1; state < states.length; state++) {
    const before = states[state - 1]!;
    for (const [index, value] of states[state]!.entries()) if (value !== before[index]) changed++;
  }
  return changed / ((states.length - 1) * states[0]!.length);
}

const TIME_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const SIZE_BOUNDS = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, Infinity];

/** Three families take turns; of 1,000 series the buckets of the first are 144, the largest metric, and its sums 12. */
const HISTOGRAMS = [
  { name: 'http_request_duration_seconds', bounds: TIME_BOUNDS },
  { name: 'http_response_size_bytes', bounds: SIZE_BOUNDS },
  { name: 'db_query_duration_seconds', bounds: TIME_BOUNDS },
] as const;

/** Histograms of each family, family by family, as long as they fit into so many series. */
function histograms(series: number, activity: () => number, random: () => number): Group[] {
  const families: Group[][] = HISTOGRAMS.map(() => []);
  for (let turn = 0, count = 0; ; turn++) {
    const at = turn % HISTOGRAMS.length;
    count += HISTOGRAMS[at]!.bounds.length + 2;
    if (count > series) return families.flat();
    families[at]!.push(histogram(HISTOGRAMS[at]!, families[at]!.length, activity(), random));
  }
}

function histogram(
  { name, bounds }: (typeof HISTOGRAMS)[number],
  index: number,
  activity: number,
  random: () => number,
): Group {
  const labels = `handler="/api/v1/things/${index >> 2}",method="${['GET', 'POST', 'PUT', 'DELETE'][index & 3]!}"`;
  const counts = bounds.map(() => 0);
  let sum = 0;
  let total = 0;
  const middle = random() * bounds.length * 0.6;
  const observe = (): void => {
    const at = Math.max(
      0,
      Math.min(bounds.length - 1, Math.round(middle + (random() + random() + random() - 1.5) * 3)),
    );
    for (let bucket = at; bucket < counts.length; bucket++) counts[bucket]!++;
    total++;
    const size = Math.min(bounds.at(-2)! * 2, bounds[at]!) * (0.5 + random() / 2);
    sum += size >= 256 ? Math.floor(size) : size;
  };
  if (activity > 0 || random() < 0.5) for (let left = 200; left > 0; left--) observe();
  const rate = 1 + Math.floor(random() ** 3 * 60);
  return {
    keys: [
      ...bounds.map((bound) => `${name}_bucket{${labels},le="${bound === Infinity ? '+Inf' : bound}"}`),
      `${name}_sum{${labels}}`,
      `${name}_count{${labels}}`,
    ],
    values: () => [...counts, sum, total],
    step: () => {
      if (random() < activity) for (let left = rate; left > 0; left--) observe();
    },
  };
}

/** Of each 1,000 series at most so many are sizes of file systems, whose changes take many digits. */
const MOST_FILE_SYSTEMS = 40;
const GAUGES = [
  'node_filesystem_avail_bytes',
  'db_pool_connections',
  'kafka_consumer_lag',
  'queue_oldest_task_age_seconds',
] as const;

function gauge(index: number, activity: number, random: () => number): Group {
  const kind = index < MOST_FILE_SYSTEMS * 4 ? index % 4 : 1 + ((index - MOST_FILE_SYSTEMS * 4) % 3);
  const base = Math.floor(random() ** 2 * 40);
  let value = kind === 0 ? Math.floor(random() * 2.4e7) * 4096 : kind === 3 ? Math.round(random() * 1e5) / 1e3 : base;
  return {
    keys: [`${GAUGES[kind]!}{device="vg${index}",partition="${index % 12}"}`],
    values: () => [value],
    step: () => {
      if (random() >= activity) return;
      if (kind === 0) value = Math.max(0, value + Math.floor((random() - 0.5) * 2048) * 4096);
      else value = kind === 3 ? random() * 100 : base + 1 + Math.floor(random() * 12);
    },
  };
}

function counter(index: number, activity: number, random: () => number): Group {
  const isDisk = index % 6 === 5 && index < 192;
  const isSeconds = isDisk || (index % 3 === 1 && index < 120);
  const isBytes = index % 6 === 2 && index < 240;
  const name = isSeconds
    ? isDisk
      ? 'node_disk_io_time_seconds_total'
      : 'node_cpu_seconds_total'
    : isBytes
      ? 'node_network_receive_bytes_total'
      : ['http_requests_total', 'kafka_consumer_records_consumed_total', 'cache_operations_total'][(index >> 1) % 3]!;
  const rate = isBytes ? 1e3 + random() * 1e6 : isSeconds ? random() * 2 : 1 + random() ** 3 * 100;
  let value = isSeconds ? Math.round(random() * 1e7) / 100 : Math.floor(random() ** 2 * (isBytes ? 1e11 : 1e6));
  return {
    keys: [`${name}{instance_index="${index}",code="${['200', '404', '500'][index % 3]!}"}`],
    values: () => [value],
    step: () => {
      if (random() >= activity) return;
      value = isSeconds
        ? Math.round((value + 0.01 + random() * rate) * 100) / 100
        : value + 1 + Math.floor(random() * rate);
    },
  };
}
