/**
 * Latency of a watch, rates of reads and creations, and reading everything again after a cut, on one real server.
 *
 *   npm run bench -- session [NODES]
 *
 * Server and client share the machine, over loopback, with syncing to disk off: the figures say what this
 * package and the library under it cost, not what an ensemble over a network does.
 */
import { cpus } from 'node:os';

import { eventually, startZooKeeper, TcpProxy } from '@pulsekeeper/test-support';

import { ZkSession } from '../src/index.ts';

const NODES = Number(process.argv[2] ?? 50_000);
const WATCH_ROUNDS = 2000;
const DATA = Buffer.alloc(200, 'x');

function print(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(52)} ${value}\n`);
}

function quantile(sorted: readonly number[], share: number): string {
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2)} ms`;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await run();
  return performance.now() - startedAtMs;
}

async function watchLatency(writer: ZkSession, reader: ZkSession): Promise<void> {
  await writer.create('/watched', DATA);
  const latencies: number[] = [];
  for (let round = 0; round < WATCH_ROUNDS; round += 1) {
    let told: () => void = () => undefined;
    const event = new Promise<void>((resolve) => (told = resolve));
    await reader.getData('/watched', { watch: told });
    const startedAtMs = performance.now();
    const [written] = await Promise.all([
      writer.setData('/watched', DATA),
      event.then(() => latencies.push(performance.now() - startedAtMs)),
    ]);
    if (written.version !== round + 1) throw new Error('lost a write');
  }
  latencies.sort((left, right) => left - right);
  print(
    `set → watch callback, ${WATCH_ROUNDS} rounds: p50, p99, max`,
    [0.5, 0.99, 1].map((q) => quantile(latencies, q)).join('  '),
  );
}

async function run(): Promise<void> {
  print('machine', `${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node.js ${process.version}`);
  await using server = await startZooKeeper({ heapMb: 1024 });
  await using proxy = await TcpProxy.start({ target: { port: server.port } });
  const options = { sessionTimeoutMs: 10_000, operationTimeoutMs: 120_000 };
  await using writer = new ZkSession({ connectString: `${server.connectString}/bench`, ...options });
  await using reader = new ZkSession({ connectString: `${server.connectString}/bench`, ...options });
  await using proxied = new ZkSession({ connectString: `${proxy.address}/bench`, ...options });
  await Promise.all([writer.start(), reader.start(), proxied.start()]);
  await watchLatency(writer, reader);

  const rate = (count: number, ms: number): string => `${Math.round((count / ms) * 1000)}/s`;
  const paths = Array.from({ length: NODES }, (_, index) => `/node-${String(index).padStart(48, '0')}`);
  print(
    `create, ${NODES} nodes of 200 bytes, 256 in flight`,
    rate(NODES, await timed(() => Promise.all(paths.map((path) => writer.create(path, DATA))))),
  );
  for (const concurrency of [1, 16, 128, 256]) {
    const some = concurrency === 1 ? paths.slice(0, 5000) : paths;
    print(
      `readMany, ${concurrency} at once`,
      rate(some.length, await timed(() => reader.readMany(some, { concurrency }))),
    );
  }
  print(
    'readMany with watch, 128 at once',
    rate(NODES, await timed(() => reader.readMany(paths, { watch: () => undefined }))),
  );
  print(`getChildren of ${NODES} names`, `${(await timed(() => reader.getChildren('/'))).toFixed(0)} ms`);

  let reads = 0;
  proxied.addSetup(async ({ signal }) => {
    await proxied.readMany(paths, { signal, watch: () => undefined });
    reads += 1;
  });
  await eventually(() => reads === 1, { timeoutMs: 60_000 });
  const readAgain = await timed(async () => {
    proxy.reset();
    await eventually(() => reads === 2, { timeoutMs: 60_000, intervalMs: 5 });
  });
  print(`cut → connected, ${NODES} nodes read and watched again`, `${(readAgain / 1000).toFixed(2)} s`);
}

await run();
