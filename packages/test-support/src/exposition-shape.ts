import { seededRandom } from './seeded-random.ts';

/** One kind of process: how many series it exposes and in which mix. */
export interface ExpositionShapeOptions {
  /** Series in each body. */
  series: number;
  /** Successive states to render. */
  variants: number;
  seed: number;
}

/** The rendered bodies of one kind of process. */
export interface ExpositionShape {
  readonly bodies: readonly Buffer[];
  /** The share of values that differ between successive bodies, 0…1. */
  readonly changedFraction: number;
}

/** Lines that change together. */
interface Group {
  names: string[];
  values: number[];
  step(): void;
}

interface Family {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  groups: Group[];
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const ROUTES = ['/orders', '/orders/{id}', '/carts', '/carts/{id}', '/users', '/users/{id}', '/search', '/healthz'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const CODES = ['200', '201', '204', '400', '404', '500'];

/**
 * Renders a kind of process in successive states, the way real exporters look: 45 % of the series in histograms, the
 * rest counters and gauges, with some labels each; about 35 % of the values change from one body to the next.
 * The same options give the same bytes.
 */
export function renderExpositionShape(options: ExpositionShapeOptions): ExpositionShape {
  const random = seededRandom(options.seed);
  const families = buildFamilies(options.series, options.seed, random);
  const bodies: Buffer[] = [];
  let changed = 0;
  let compared = 0;
  for (let variant = 0; variant < options.variants; variant += 1) {
    let text = '';
    for (const family of families) {
      text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
      for (const group of family.groups) {
        const before = [...group.values];
        if (variant > 0) {
          group.step();
          compared += before.length;
          changed += group.values.filter((value, index) => value !== before[index]).length;
        }
        group.names.forEach((name, index) => {
          text += `${name} ${formatValue(group.values[index] ?? 0)}\n`;
        });
      }
    }
    bodies.push(Buffer.from(text));
  }
  return { bodies, changedFraction: compared === 0 ? 0 : changed / compared };
}

function buildFamilies(series: number, seed: number, random: () => number): Family[] {
  const service = `svc${seed % 7}`;
  let turn = 0;
  // How often a group changes: never, sometimes, always, in proportions that make 35 % of all values change.
  const activity = (): number => {
    const x = (turn++ * 0.618034) % 1;
    return x < 0.5 ? 0 : x < 0.65 ? 0.25 : 1;
  };
  const histograms: Family = {
    name: 'http_request_duration_seconds',
    type: 'histogram',
    help: 'Time taken to answer HTTP requests.',
    groups: [],
  };
  const perHistogram = BUCKETS.length + 2;
  const histogramCount = Math.floor((series * 0.45) / perHistogram);
  for (let index = 0; index < histogramCount; index += 1) {
    histograms.groups.push(histogram(histograms.name, httpLabels(service, index), activity(), random));
  }
  const rest = series - histogramCount * perHistogram;
  const gaugeCount = Math.floor(rest * 0.35);
  const gauges: Family = { name: 'queue_depth', type: 'gauge', help: 'Tasks that wait in the queue.', groups: [] };
  for (let index = 0; index < gaugeCount; index += 1) {
    const name = `${gauges.name}{service="${service}",queue="q${index}",priority="${index % 3}"}`;
    gauges.groups.push(single(name, random() * 1e4, activity(), random, () => random() * 1e4));
  }
  const counters: Family = {
    name: 'http_requests_total',
    type: 'counter',
    help: 'HTTP requests answered, by route and status code.',
    groups: [],
  };
  for (let index = 0; index < rest - gaugeCount; index += 1) {
    const name = `${counters.name}{${httpLabels(service, index)},code="${CODES[index % CODES.length] ?? ''}"}`;
    const start = Math.floor(random() ** 2 * 1e6);
    counters.groups.push(single(name, start, activity(), random, (value) => value + 1 + Math.floor(random() * 100)));
  }
  return [histograms, gauges, counters].filter((family) => family.groups.length > 0);
}

function httpLabels(service: string, index: number): string {
  const route = ROUTES[Math.floor(index / METHODS.length) % ROUTES.length] ?? '';
  const generation = Math.floor(index / (METHODS.length * ROUTES.length));
  return `service="${service}",route="/v${generation}${route}",method="${METHODS[index % METHODS.length] ?? ''}"`;
}

function single(
  name: string,
  start: number,
  activity: number,
  random: () => number,
  next: (value: number) => number,
): Group {
  const values = [start];
  return {
    names: [name],
    values,
    step: () => {
      if (random() < activity) values[0] = next(values[0] ?? 0);
    },
  };
}

function histogram(name: string, labels: string, activity: number, random: () => number): Group {
  const names = [
    ...BUCKETS.map((bound) => `${name}_bucket{${labels},le="${formatValue(bound)}"}`),
    `${name}_sum{${labels}}`,
    `${name}_count{${labels}}`,
  ];
  const values = names.map(() => 0);
  const observe = (): void => {
    const seconds = random() ** 3 * 4;
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) values[index] = (values[index] ?? 0) + 1;
    });
    const sumAt = BUCKETS.length;
    values[sumAt] = (values[sumAt] ?? 0) + seconds;
    values[sumAt + 1] = (values[sumAt + 1] ?? 0) + 1;
  };
  for (let index = 0; index < 100; index += 1) observe();
  return {
    names,
    values,
    step: () => {
      if (random() < activity) for (let count = 0; count < 20; count += 1) observe();
    },
  };
}

function formatValue(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}
