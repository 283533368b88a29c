// Balance, movement, time and memory of the ring, beside what the peers do.
//
//   node --import tsx packages/hash-ring/bench/ring.bench.ts [seeds=20] [--quick]
//
// For each size and seed: balance with n members; what moves when one joins, when one leaves, when one target is
// removed. `--quick` leaves the row of a million targets out. It does not show what a move costs a cluster, nor how long the
// peers' own programs take: their algorithms are written anew here, over the same hash.
import { cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { assign } from '../src/index.ts';
import { hashmod, partitionedRing, plainRing, type PeerAssign } from './peer-rings.ts';

const SIZES = [
  [3, 1000],
  [10, 1000],
  [10, 10_000],
  [50, 10_000],
  [100, 1_000_000],
] as const;
const LARGE = 1_000_000;

const bounded: PeerAssign = (targets, members) => {
  const assignment = assign(
    targets,
    members.map((id) => ({ id })),
  );
  const index = new Map(members.map((id, at) => [id, at]));
  return Int32Array.from(targets, (target) => index.get(assignment.ownersOf(target)[0] ?? '') ?? -1);
};

const ALGORITHMS: readonly [string, PeerAssign][] = [
  ['**Pulsekeeper**', bounded],
  ['hashmod (Prometheus, vmagent)', hashmod],
  ['1,061 partitions, load 1.1 (OpenTelemetry)', partitionedRing],
  ['512-token ring (Alloy)', plainRing],
];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const fixed = (value: number): string => value.toFixed(3);

function targetNames(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, index) => `service-${index % 97}/instance-${seed}-${index}`);
}

function movedShare(
  before: Int32Array,
  after: Int32Array,
  members: readonly string[],
  later: readonly string[],
): number {
  let moved = 0;
  for (let index = 0; index < after.length; index += 1) {
    moved += members[before[index] ?? -1] === later[after[index] ?? -1] ? 0 : 1;
  }
  return moved;
}

function measure(algorithm: PeerAssign, memberCount: number, targetCount: number, seeds: number): string {
  const [loads, joins, leaves, others]: number[][] = [[], [], [], []];
  for (let seed = 0; seed < seeds; seed += 1) {
    const targets = targetNames(targetCount, seed);
    const pool = Array.from({ length: memberCount + 1 }, (_, index) => `collector-${seed}-${index}`);
    const members = pool.slice(0, memberCount);
    const owners = algorithm(targets, members);
    const counts = new Float64Array(memberCount);
    for (const owner of owners) {
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    loads?.push(Math.max(...counts) / (targetCount / memberCount));
    joins?.push(movedShare(owners, algorithm(targets, pool), members, pool) / (targetCount / (memberCount + 1)));
    const rest = members.slice(1);
    leaves?.push(movedShare(owners, algorithm(targets, rest), members, rest) / (targetCount / memberCount));
    others?.push(movedShare(owners, algorithm(targets.slice(0, -1), members), members, members));
  }
  const moved = (values: number[] = []): string => `${fixed(mean(values))} (${fixed(Math.max(...values))})`;
  return [fixed(Math.max(...(loads ?? []))), moved(joins), moved(leaves), mean(others ?? []).toFixed(2)].join(' | ');
}

/**
 * Milliseconds of the first call with these members and of a later one; bytes a target that the outcome keeps, and that
 * are in use when the call returns, garbage included. Bytes mean little for few targets, since tokens and code count, too.
 */
async function cost(memberCount: number, targetCount: number): Promise<string> {
  const targets = targetNames(targetCount, 1000);
  const members = Array.from({ length: memberCount }, (_, index) => ({ id: `cost-${targetCount}-${index}` }));
  // Warm code, and names flattened: otherwise the first hash flattens ropes, which changes their size.
  assign(targets, [{ id: 'warm' }]);
  const before = await bytesInUse();
  const started = performance.now();
  const assignment = assign(targets, members);
  const first = performance.now() - started;
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const atReturn = heapUsed + arrayBuffers - before;
  const kept = (await bytesInUse()) - before;
  const again = performance.now();
  assign(targets, members);
  const later = performance.now() - again;
  const perTarget = (bytes: number): string => (targetCount < LARGE ? '' : (bytes / assignment.size).toFixed(0));
  return `${first.toFixed(1)} | ${later.toFixed(1)} | ${perTarget(kept)} | ${perTarget(atReturn)}`;
}

async function bytesInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    // Buffers are freed on another thread.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const seeds = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 20);
const sizes = process.argv.includes('--quick') ? SIZES.filter(([, targets]) => targets < LARGE) : SIZES;

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${seeds} seeds\n`);
console.log(
  '| collectors, targets | algorithm | max / mean, worst | +1: moved × ideal, mean (worst) | −1, mean (worst) | others moved by −1 target |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [memberCount, targetCount] of sizes) {
  for (const [name, algorithm] of ALGORITHMS) {
    const size = `${memberCount}, ${targetCount.toLocaleString('en')}`;
    console.log(`| ${size} | ${name} | ${measure(algorithm, memberCount, targetCount, seeds)} |`);
  }
}
console.log('\n| collectors, targets | ms, new members | ms, known members | bytes a target kept | in use at return |');
console.log('| --- | --- | --- | --- | --- |');
for (const [memberCount, targetCount] of sizes) {
  console.log(`| ${memberCount}, ${targetCount.toLocaleString('en')} | ${await cost(memberCount, targetCount)} |`);
}
