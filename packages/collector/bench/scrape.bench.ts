// What a sample costs from the scrape to the store, beside Prometheus, vmagent and VictoriaMetrics where they are installed.
//
//   npm run bench -- scrape [--shapes 100x1000,20x5000,1000x100,400x1000] [--encodings gzip,plain] [--rounds 3]
//     [--seconds 8] [--settle 2] [--warm 40] [--peers prometheus,vmagent,victoria-metrics] [--against FOLDER,…]
//     [--pinned]
//
// All systems scrape the same farm (`startExporterFarm`) at an interval of 1 s. They warm up together, then take turns: one
// runs, the others are frozen (SIGSTOP), round after round, so that the noise of a shared machine hits all alike. Cost is user
// and system time of the collector and its Redis (append-only file on), or of the peer, over the samples served meanwhile; the
// medians of the rounds are shown. `--against` measures the builds of other checkouts beside this one; `--pinned` keeps
// the collector or peer on one core and all else on the other. Not in it: ZooKeeper (idle), the farm, the receiver of
// vmagent's remote writes. What it does not show: networks, TLS, larger machines.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { ExporterFarm } from '@pulsekeeper/test-support';

import { parseShapes, startFarm, type FarmShape } from './farm-shape.ts';
import { hasPeer, PEERS, PeerSystem } from './peer-systems.ts';
import { loadAverage, processUsage } from './process-usage.ts';
import { PulsekeeperSystem } from './pulsekeeper-system.ts';
import type { ScrapeSystem } from './scrape-system.ts';

const { values: options } = parseArgs({
  options: {
    shapes: { type: 'string', default: '100x1000,20x5000,1000x100,400x1000' },
    encodings: { type: 'string', default: 'gzip,plain' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    settle: { type: 'string', default: '2' },
    warm: { type: 'string', default: '40' },
    peers: { type: 'string', default: PEERS.join(',') },
    against: { type: 'string', default: '' },
    pinned: { type: 'boolean', default: false },
  },
});

/** One turn of one system. */
interface Turn {
  /** Microseconds a sample, by process. */
  readonly micros: ReadonlyMap<string, number>;
  readonly totalMicros: number;
  readonly samplesPerSecond: number;
  /** Part of the samples that were due. */
  readonly share: number;
  readonly lost: number;
  readonly eventLoopP99Ms: number | undefined;
  readonly residentBytes: number;
}

const repository = join(import.meta.dirname, '../../..');
const peers = PEERS.filter((peer) => options.peers.split(',').includes(peer));
const launcher = options.pinned ? ['taskset', '-c', '0'] : [];
print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${new Date().toISOString()}`);
for (const peer of peers) {
  if (!hasPeer(peer))
    print(`NOT MEASURED: ${peer} is not installed (Debian: apt-get install prometheus victoria-metrics)`);
}
for (const shape of parseShapes(options.shapes)) {
  for (const encoding of options.encodings.split(',')) await measure(shape, encoding === 'gzip');
}

async function measure(shape: FarmShape, gzip: boolean): Promise<void> {
  const farm = await startFarm(shape, gzip);
  const systems = await startSystems();
  const turns = new Map(systems.map((system) => [system, [] as Turn[]]));
  try {
    for (const system of systems) await system.setTargets(farm.addresses);
    if (options.pinned) pinTheRest(farm, systems);
    await sleep(Number(options.warm) * 1000);
    for (const system of systems) system.freeze();
    const load: string[] = [];
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const system of systems) {
        system.thaw();
        await sleep(Number(options.settle) * 1000);
        turns.get(system)?.push(await takeTurn(system, farm, shape));
        system.freeze();
      }
      load.push(loadAverage().split(' ')[0] ?? '');
    }
    report(shape, gzip, turns, load);
  } finally {
    for (const system of systems) system.thaw();
    await Promise.all([...systems.map((system) => system.stop()), farm.stop()]);
  }
}

async function startSystems(): Promise<ScrapeSystem[]> {
  const others = options.against === '' ? [] : options.against.split(',');
  const systems: ScrapeSystem[] = [await PulsekeeperSystem.start({ name: 'pulsekeeper', repository, launcher })];
  for (const other of others) {
    systems.push(await PulsekeeperSystem.start({ name: basename(other), repository: other, launcher }));
  }
  for (const peer of peers.filter(hasPeer)) systems.push(await PeerSystem.start(peer, launcher));
  return systems;
}

/** Everything but the first process of each system goes to the second core. */
function pinTheRest(farm: ExporterFarm, systems: readonly ScrapeSystem[]): void {
  const rest = systems.flatMap(({ processes }) => [...processes.values()].slice(1));
  for (const pid of [farm.pid, process.pid, ...rest]) execFileSync('taskset', ['-a', '-p', '-c', '1', `${pid}`]);
}

async function takeTurn(system: ScrapeSystem, farm: ExporterFarm, { targets, series }: FarmShape): Promise<Turn> {
  const countsBefore = await system.counts();
  const samplesBefore = (await farm.stats()).samples;
  const cpuBefore = usageOf(system);
  const startedMs = performance.now();
  await sleep(Number(options.seconds) * 1000);
  const cpuAfter = usageOf(system);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  const samples = (await farm.stats()).samples - samplesBefore;
  const counts = await system.counts();
  const micros = new Map<string, number>();
  for (const [role, { cpuMicros }] of cpuAfter) {
    micros.set(role, (cpuMicros - (cpuBefore.get(role)?.cpuMicros ?? 0)) / samples);
  }
  return {
    micros,
    totalMicros: [...micros.values()].reduce((sum, part) => sum + part, 0),
    samplesPerSecond: samples / elapsedSeconds,
    share: samples / (targets * series * elapsedSeconds),
    lost: counts.lost - countsBefore.lost,
    eventLoopP99Ms: counts.eventLoopP99Ms,
    residentBytes: [...cpuAfter.values()][0]?.residentBytes ?? NaN,
  };
}

function usageOf({ processes }: ScrapeSystem): Map<string, ReturnType<typeof processUsage>> {
  return new Map([...processes].map(([role, pid]) => [role, processUsage(pid)]));
}

function report(
  { targets, series }: FarmShape,
  gzip: boolean,
  turns: ReadonlyMap<ScrapeSystem, readonly Turn[]>,
  load: readonly string[],
): void {
  print(`\n${targets} × ${series}, ${gzip ? 'gzip' : 'plain'}, load ${load.join(' ')}`);
  const best = Math.min(
    ...[...turns].filter(([{ name }]) => isPeer(name)).map(([, own]) => median(own.map((turn) => turn.totalMicros))),
  );
  for (const [{ name }, own] of turns) {
    const total = median(own.map((turn) => turn.totalMicros));
    const parts = [...(own[0]?.micros.keys() ?? [])].map(
      (role) => `${role} ${median(own.map((turn) => turn.micros.get(role) ?? NaN)).toFixed(3)}`,
    );
    const lag = median(own.map((turn) => turn.eventLoopP99Ms ?? NaN));
    print(
      [
        name.padEnd(18),
        `${total.toFixed(3)} µs/sample`,
        Number.isFinite(best) ? `${((100 * total) / best).toFixed(0).padStart(4)} % of the best peer` : '',
        `(${parts.join(', ')})`,
        `${(100 * median(own.map((turn) => turn.share))).toFixed(1)} % of what was due`,
        `lost ${own.reduce((sum, turn) => sum + turn.lost, 0)}`,
        `RSS ${(median(own.map((turn) => turn.residentBytes)) / 1e6).toFixed(0)} MB`,
        Number.isNaN(lag) ? '' : `loop lag p99 at most ${lag.toFixed(1)} ms`,
        `rounds ${own.map((turn) => turn.totalMicros.toFixed(3)).join(' ')}`,
      ]
        .filter((part) => part !== '')
        .join('  '),
    );
  }
}

function isPeer(name: string): boolean {
  return PEERS.some((peer) => peer === name);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
