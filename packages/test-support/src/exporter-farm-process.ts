/**
 * The process behind `startExporterFarm`: many Prometheus targets on loopback addresses, one port. Bodies are rendered
 * (and compressed) before the first request, so that an answer costs one write of a ready buffer and the farm takes
 * little of the machine from what is measured.
 *
 * Control, on 127.0.0.1 and the same port: `/targets` (one `host:port` a line) and `/stats` (JSON).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { renderExpositionShape } from './exposition-shape.ts';
import { loopbackAddress } from './loopback-address.ts';

interface FarmArguments {
  targets: number;
  series: number;
  shapes: number;
  variants: number;
  seed: number;
  gzip: boolean;
  port: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as FarmArguments;
const shapeCount = Math.min(options.shapes, options.targets);
const stats = { scrapes: 0, samples: 0, bytes: 0, gzipScrapes: 0, connections: 0, changedFraction: 0, cpuMicros: 0 };

const shapes = Array.from({ length: shapeCount }, (_, index) => {
  const { bodies, changedFraction } = renderExpositionShape({
    series: options.series,
    variants: options.variants,
    seed: options.seed * 1_000 + index,
  });
  stats.changedFraction += changedFraction / shapeCount;
  return {
    plain: bodies.map((body) => response(body, 'text/plain; version=0.0.4; charset=utf-8', false)),
    zipped: options.gzip
      ? bodies.map((body) => response(gzipSync(body), 'text/plain; version=0.0.4; charset=utf-8', true))
      : undefined,
  };
});
/** Where each target stands in its shape's states; neighbours start apart. */
const positions = Uint32Array.from({ length: options.targets }, (_, index) => (index * 7) % options.variants);
const addresses = Array.from({ length: options.targets }, (_, index) => loopbackAddress(1, index));

await listen('127.0.0.1', (_request, path) => control(path));
for (const [index, host] of addresses.entries()) await listen(host, (request) => scrape(index, request));
process.stdout.write('ready\n');

function scrape(index: number, request: string): Buffer {
  const shape = shapes[index % shapeCount];
  const position = positions[index] ?? 0;
  positions[index] = (position + 1) % options.variants;
  const zipped = /^accept-encoding:.*\bgzip\b/im.test(request) ? shape?.zipped?.[position] : undefined;
  const answer = zipped ?? shape?.plain[position] ?? Buffer.alloc(0);
  stats.scrapes += 1;
  stats.samples += options.series;
  stats.bytes += answer.length;
  if (zipped !== undefined) stats.gzipScrapes += 1;
  return answer;
}

function control(path: string): Buffer {
  if (path === '/targets') {
    return response(Buffer.from(addresses.map((host) => `${host}:${options.port}\n`).join('')), 'text/plain', false);
  }
  const { user, system } = process.cpuUsage();
  return response(Buffer.from(JSON.stringify({ ...stats, cpuMicros: user + system })), 'application/json', false);
}

function response(body: Buffer, contentType: string, isZipped: boolean): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${head}${isZipped ? 'Content-Encoding: gzip\r\n' : ''}\r\n`), body]);
}

/** Serves GET requests on one address; only what scrapers send is understood. */
async function listen(host: string, answer: (request: string, path: string) => Buffer): Promise<void> {
  const server: Server = createServer({ noDelay: true }, (socket: Socket) => {
    stats.connections += 1;
    let pending = '';
    socket.on('error', () => undefined); // The scraper went away; `close` follows.
    socket.setEncoding('latin1').on('data', (text: string) => {
      pending += text;
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const request = pending.slice(0, end);
        pending = pending.slice(end + 4);
        socket.write(answer(request, request.split(' ', 2)[1] ?? '/'));
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port, backlog: 256 }, resolve);
  });
}
