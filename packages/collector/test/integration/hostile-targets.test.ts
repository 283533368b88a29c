/**
 * A collector whose targets are hostile by a third: the other targets are scraped in their rhythm, its event loop stays
 * free, its memory bounded, and each hostile target ends with its reason.
 */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { targetId, type FailureReason } from '@pulsekeeper/model';
import { eventually, readHistogram, registerCleanup, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { startCollectorProgram } from './collector-program.ts';
import { SmallCluster, startServers, type Servers } from './small-cluster.ts';

const GOOD = 20;
const INTERVAL_MS = 2_000;
const HOSTILE_INTERVAL_MS = 2_000;
const HOSTILE_SLOTS = 6;

/** What the process may hold: some 110 MiB when idle, and two bodies of the largest size. */
const MAX_RSS_BYTES = 320 * 1024 * 1024;

const TEXT = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n';

/** What a hostile target does with the socket of a request, and the reason that its slots end with; none when it is scraped well. */
interface Hostile {
  readonly reason: FailureReason | undefined;
  readonly answer: (socket: Socket) => void;
}

function whole(body: string | Buffer, headers = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`${TEXT}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n`),
    Buffer.from(body),
  ]);
}

/** Writes as much as the other side takes, until it goes. */
function flood(socket: Socket, head: string, chunk: Buffer, chunks = Infinity): void {
  let left = chunks;
  const write = (): void => {
    while (left-- > 0 && !socket.destroyed) if (!socket.write(chunk)) return;
  };
  socket.on('drain', write).write(head);
  write();
}

/** Writes the head, then a byte now and then, until the other side goes. */
function drip(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), 50);
  socket.on('close', () => clearInterval(timer));
}

function escapeBomb(): string {
  const lines: string[] = [];
  for (let length = 0; length < 1_000_000;)
    length += lines[lines.push(`a{b="\\x${lines.length}"} 1\n`) - 1]?.length ?? 0;
  return lines.join('');
}

const ESCAPES = whole(escapeBomb());
const GZIP_BOMB = whole(gzipSync(Buffer.alloc(100_000_000, 'a 1\n')), 'content-encoding: gzip\r\n');
const LABELS = whole(`a{${Array.from({ length: 100_000 }, (_, index) => `l${index}="x"`).join(',')}} 1\n`);

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'slow-headers': { reason: 'timeout', answer: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: ') },
  mute: { reason: 'timeout', answer: () => undefined },
  drip: { reason: 'timeout', answer: (socket) => drip(socket, `${TEXT}content-length: 1000\r\n\r\n# `) },
  endless: {
    reason: 'body_too_large',
    answer: (socket) => flood(socket, `${TEXT}\r\n`, Buffer.alloc(65_536, 'a{b="c"} 1\n')),
  },
  'gzip-bomb': { reason: 'body_too_large', answer: (socket) => socket.write(GZIP_BOMB) },
  'escapes-1': { reason: undefined, answer: (socket) => socket.write(ESCAPES) },
  'escapes-2': { reason: undefined, answer: (socket) => socket.write(ESCAPES) },
  labels: { reason: 'label_limit', answer: (socket) => socket.write(LABELS) },
  'large-headers': {
    reason: 'header_too_large',
    answer: (socket) => flood(socket, 'HTTP/1.1 200 OK\r\nx: ', Buffer.alloc(65_536, 'y'), 320),
  },
  reset: {
    reason: 'truncated',
    answer: (socket) => socket.write(`${TEXT}content-length: 500\r\n\r\na 1\n`, () => socket.resetAndDestroy()),
  },
};

/** Serves all of them on one port, by path. */
async function serveHostile(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (request) => {
      const path = /^GET \/(\S*) /.exec(request.toString('latin1'))?.[1] ?? '';
      HOSTILE[path]?.answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registerCleanup({
    name: 'hostile targets',
    run: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Has every resolver of a program ask a name server that never answers: what the file of a machine would say. */
async function muteNameServer(): Promise<Record<string, string>> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  registerCleanup({ name: 'mute name server', run: () => new Promise((resolve) => socket.close(() => resolve())) });
  const code = `
    import promises from 'node:dns/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { Resolver } = promises;
    promises.Resolver = class extends Resolver {
      constructor(options) { super(options); this.setServers(['127.0.0.1:${socket.address().port}']); }
    };
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

describe('hostile targets', function () {
  this.timeout(60_000);
  let servers: Servers;
  let cluster: SmallCluster;

  before(async () => {
    servers = await startServers(GOOD);
    cluster = await SmallCluster.start(servers);
  });

  after(() => cluster.stop());

  it('harm nobody but themselves', async () => {
    const address = await serveHostile();
    const { program, statusUrl } = await startCollectorProgram(cluster, await muteNameServer());
    const fromMs = Date.now();
    for (let index = 0; index < GOOD; index += 1) {
      await cluster.registerLedger(index, { interval: `${INTERVAL_MS}ms`, timeout: '900ms' });
    }
    const rule = { interval: `${HOSTILE_INTERVAL_MS}ms`, timeout: '1s' };
    // A look-up that takes longer than the attempt goes on; the attempts that wait for it later hear how it ended.
    const reasons = new Map<string, readonly unknown[]>([['no-name-server', ['timeout', 'dns']]]);
    await cluster.register('hostile', 'no-name-server', { address: 'nowhere.example:80', path: '/', ...rule });
    for (const [name, { reason }] of Object.entries(HOSTILE)) {
      reasons.set(name, [reason]);
      await cluster.register('hostile', name, { address, path: `/${name}`, ...rule });
    }
    await eventually(
      async () => {
        for (const name of reasons.keys()) {
          expect((await cluster.slots(targetId('hostile', name))).length, name).to.be.at.least(HOSTILE_SLOTS);
        }
      },
      { timeoutMs: 30_000 },
    );
    const [metrics, page, status] = await Promise.all([
      fetch(`${statusUrl}/metrics`).then((response) => response.text()),
      fetch(`${statusUrl}/status`).then((response) => response.json() as Promise<{ slots: Record<string, number> }>),
      readFile(`/proc/${program.pid}/status`, 'utf8'),
    ]);

    for (const [name, allowed] of reasons) {
      const slots = await cluster.slots(targetId('hostile', name));
      for (const { failure } of slots) expect(allowed, name).to.include(failure?.reason);
    }
    const longestGapsMs = (await servers.ledger.ledger()).map(({ entries }) => longestGap(entries, fromMs));
    const lag = readHistogram(metrics, 'pulsekeeper_event_loop_own_lag_seconds');
    const p99 = lag.quantile(0.99);
    const peakBytes = 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    console.log(
      `      longest gap ${Math.max(...longestGapsMs)} ms, lag p99 at most ${p99} s, peak ${Math.round(peakBytes / 2 ** 20)} MiB`,
    );
    expect(Math.max(...longestGapsMs), 'longest gap').to.be.at.most(INTERVAL_MS + 0.1 * INTERVAL_MS * timeFactor);
    expect(lag.count, 'probes of the event loop').to.be.greaterThan(0);
    // Time on a processor is longer, too, where others share it.
    expect(p99, 'lag of the event loop by its own work').to.be.at.most(timeFactor > 1 ? 0.1 : 0.05);
    expect(peakBytes, 'peak of memory').to.be.lessThan(MAX_RSS_BYTES);
    expect(page.slots).to.include({ missed: 0, dropped: 0, doubled: 0 });
  });
});

function longestGap(entries: readonly { readonly ms: number }[], fromMs: number): number {
  // During the first scrapes of all, the process still compiles its own code.
  const times = entries.flatMap(({ ms }) => (ms >= fromMs ? [ms] : [])).slice(2);
  expect(times.length).to.be.greaterThan(2);
  return Math.max(...times.slice(1).map((ms, index) => ms - (times[index] ?? ms)));
}
