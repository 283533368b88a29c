// One instance of a demo service: serves /metrics, registers itself with @pulsekeeper/client, and leaves on SIGTERM.
//
//   node scripts/demo/demo-service.mjs KIND [INSTANCE]        KIND: storefront, checkout, warehouse
//
//   DEMO_HOST      the name by which collectors reach it, published in ZooKeeper   (default 127.0.0.1; the host's name
//                  where DEMO_LISTEN is set)
//   DEMO_LISTEN    the address it listens on                                       (default DEMO_HOST)
//   DEMO_PORT      its port, 0 for a free one                                      (default 0)
//   DEMO_INTERVAL  how often it wants to be scraped                                (default by kind, 1s to 5s)
//   PULSEKEEPER_ZOOKEEPER, PULSEKEEPER_SESSION_TIMEOUT as everywhere
import { createServer } from 'node:http';
import { hostname } from 'node:os';

import { register } from '@pulsekeeper/client';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { createTraffic } from './demo-traffic.mjs';

const DEFAULT_INTERVALS = { storefront: '1s', checkout: '2s', warehouse: '5s' };
const TICK_MS = 250;

const [kind = '', instance = hostname()] = process.argv.slice(2);
const host = process.env.DEMO_HOST ?? (process.env.DEMO_LISTEN ? hostname() : '127.0.0.1');
const metrics = new Registry();
collectDefaultMetrics({ register: metrics });
const advance = createTraffic(kind, metrics);
advance(1);
const ticker = setInterval(() => advance(TICK_MS / 1000), TICK_MS);

const server = createServer((request, response) => {
  if (request.url !== '/metrics') {
    response.writeHead(404).end();
    return;
  }
  metrics.metrics().then(
    (body) => response.writeHead(200, { 'Content-Type': metrics.contentType }).end(body),
    (error) => response.writeHead(500).end(String(error)),
  );
});
server.listen(Number(process.env.DEMO_PORT ?? 0), process.env.DEMO_LISTEN ?? host);
await new Promise((resolve, reject) => {
  server.once('listening', resolve);
  server.once('error', reject);
});

const address = `${host}:${server.address().port}`;
const registration = await register({
  service: kind,
  instance,
  address,
  interval: process.env.DEMO_INTERVAL ?? DEFAULT_INTERVALS[kind],
  labels: { demo: 'true' },
  // A registration that a killed run of this instance left standing is taken over at once.
  instanceKey: `demo/${kind}/${instance}`,
  waitMs: 20_000,
  ...definedOnly({
    zookeeper: process.env.PULSEKEEPER_ZOOKEEPER,
    sessionTimeout: process.env.PULSEKEEPER_SESSION_TIMEOUT,
  }),
});
process.stdout.write(`registered ${kind}/${instance} at ${address}\n`);

let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    clearInterval(ticker);
    registration
      .close()
      .catch((error) => process.stderr.write(`cannot take the registration back: ${error.message}\n`))
      .finally(() => {
        server.close(() => process.exit(0));
        server.closeAllConnections();
      });
  });
}

/** @param {Record<string, string | undefined>} options */
function definedOnly(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== ''));
}
