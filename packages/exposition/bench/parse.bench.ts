// CPU time per sample of reading bodies, in full and by their difference from the body before:
//
//   npx tsc -b packages/exposition && node --import tsx packages/exposition/bench/parse.bench.ts [--quick]
//
// Bodies are those of `SyntheticExporter`: 64 successive states, about a third of the values change from one to the next. User
// and system time of the process are counted, garbage collection and compiler threads included; each figure is the median of
// rounds. The parser is the built one (dist), as a collector runs it. What this does not show: the cost of fetching and
// unpacking bodies, of caches made cold by other work between two scrapes (the paced rows show a part of it), of bodies whose
// series change.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

import { ExpositionParser } from '@pulsekeeper/exposition';
import type { ExpositionFormat } from '@pulsekeeper/exposition';

import { SyntheticExporter } from '../test/synthetic-exporter.ts';
import { naiveParse } from './naive.ts';

/** It comes without typings. */
const parsePrometheusTextFormat = createRequire(import.meta.url)('parse-prometheus-text-format') as (
  text: string,
) => unknown;

const STATES = 64;
const isQuick = process.argv.includes('--quick');
const roundMs = isQuick ? 20 : 400;
const rounds = isQuick ? 3 : 9;

interface Work {
  readonly name: string;
  /** Handles body number `i` of target `target`. */
  readonly run: (target: number, i: number) => void;
}

function bodiesOf(series: number, seed: number): Uint8Array[] {
  const exporter = new SyntheticExporter({ series, seed });
  return Array.from({ length: STATES }, () => exporter.next());
}

/** The same samples with a timestamp on each, which changes every time. */
function withTimestamps(bodies: readonly Uint8Array[]): Uint8Array[] {
  return bodies.map(
    (body, i) =>
      new Uint8Array(
        Buffer.from(
          Buffer.from(body)
            .toString()
            .replace(/^([^#\n].*)$/gm, `$1 ${1_700_000_000_000 + i * 1000}`),
        ),
      ),
  );
}

/** The same samples in OpenMetrics, with an exemplar on every twentieth that changes every time. */
function asOpenMetrics(bodies: readonly Uint8Array[]): Uint8Array[] {
  return bodies.map((body, i) => {
    let line = 0;
    const text = Buffer.from(body)
      .toString()
      .replace(/^([^#\n].*)$/gm, (sample) =>
        line++ % 20 === 0 ? `${sample} # {trace_id="${(i * 7919 + line).toString(16)}"} 0.5` : sample,
      );
    return new Uint8Array(Buffer.from(`${text}# EOF\n`));
  });
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Median CPU nanoseconds a sample, as fast as it goes. */
function measure(work: Work, targets: number, series: number): number {
  const figures: number[] = [];
  let state = 0;
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    const end = performance.now() + roundMs;
    let samples = 0;
    while (performance.now() < end) {
      for (let target = 0; target < targets; target++) work.run(target, state % STATES);
      samples += targets * series;
      state++;
    }
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round > 0) figures.push(((user + system) * 1000) / samples);
  }
  return median(figures);
}

/** CPU nanoseconds a sample when a target is due every 10 ms, as in a collector that is mostly idle; idling is subtracted. */
async function measurePaced(work: Work, targets: number, series: number): Promise<number> {
  const ticks = isQuick ? 20 : 600;
  const spin = async (run: (i: number) => void): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i < ticks; i++) {
      run(i);
      await sleep(10);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1000;
  };
  await spin((i) => work.run(i % targets, Math.floor(i / targets) % STATES));
  const idle = await spin(() => undefined);
  const busy = await spin((i) => work.run(i % targets, Math.floor(i / targets) % STATES));
  return (busy - idle) / (ticks * series);
}

function incremental(name: string, states: readonly Uint8Array[], targets: number, format: ExpositionFormat): Work {
  const parsers = Array.from({ length: targets }, () => new ExpositionParser());
  return { name, run: (target, i) => parsers[target]?.parse(states[(i + target * 5) % STATES]!, format) };
}

function report(name: string, ns: number): void {
  console.log(`${name.padEnd(66)}${ns.toFixed(ns < 100 ? 1 : 0).padStart(8)} ns a sample`);
}

const series = 1000;
const bodies = bodiesOf(series, 1);
const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / STATES / series;
console.log(`Node ${process.version}, ${series} series of ${bytes.toFixed(0)} bytes a body\n`);

const works: Work[] = [
  {
    name: 'parse-prometheus-text-format',
    run: (_, i) => parsePrometheusTextFormat(Buffer.from(bodies[i]!).toString()),
  },
  {
    name: 'split and Number, bytes decoded to a string first',
    run: (_, i) => naiveParse(Buffer.from(bodies[i]!).toString()),
  },
  {
    name: 'ExpositionParser, full: a new parser for each body',
    run: (_, i) => new ExpositionParser().parse(bodies[i]!, 'prometheus-text'),
  },
];
for (const work of works) report(work.name, measure(work, 1, series));
report('ExpositionParser, by difference, 1 target', measure(incremental('', bodies, 1, 'prometheus-text'), 1, series));
report(
  'ExpositionParser, by difference, 100 targets in turn',
  measure(incremental('', bodies, 100, 'prometheus-text'), 100, series),
);
const small = bodiesOf(100, 2);
report('  the same, 1,000 targets of 100 series', measure(incremental('', small, 1000, 'prometheus-text'), 1000, 100));
const large = bodiesOf(20_000, 3);
report('  the same, 5 targets of 20,000 series', measure(incremental('', large, 5, 'prometheus-text'), 5, 20_000));
report(
  '  the same, a timestamp on every sample',
  measure(incremental('', withTimestamps(bodies), 100, 'prometheus-text'), 100, series),
);
report(
  '  the same, OpenMetrics, exemplars on a twentieth',
  measure(incremental('', asOpenMetrics(bodies), 100, 'openmetrics'), 100, series),
);
report(
  'ExpositionParser, by difference, one of 100 targets every 10 ms',
  await measurePaced(incremental('', bodies, 100, 'prometheus-text'), 100, series),
);
report('split and Number, one target every 10 ms', await measurePaced(works[1]!, 100, series));
