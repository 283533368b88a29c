/**
 * Made-up traffic that looks like a service's: each kind moves counters, histograms and gauges of its registry once a
 * tick. The kinds are a web front, a shop's checkout and a warehouse's workers.
 */
import { Counter, Gauge, Histogram } from 'prom-client';

/** The kinds of demo service. */
export const DEMO_KINDS = /** @type {const} */ (['storefront', 'checkout', 'warehouse']);

/**
 * Puts a kind's metrics into `registry` and returns the function that moves them on by some seconds.
 *
 * @param {string} kind
 * @param {import('prom-client').Registry} registry
 * @param {() => number} [random]
 * @returns {(seconds: number) => void}
 */
export function createTraffic(kind, registry, random = Math.random) {
  switch (kind) {
    case 'storefront':
      return storefront(registry, random);
    case 'checkout':
      return checkout(registry, random);
    case 'warehouse':
      return warehouse(registry, random);
    default:
      throw new RangeError(`unknown kind of demo service "${kind}"; there are: ${DEMO_KINDS.join(', ')}`);
  }
}

function storefront(registry, random) {
  const registers = [registry];
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['route', 'method', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time taken to answer HTTP requests.',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered now.', registers });
  const routes = [
    { route: '/', perSecond: 20, seconds: 0.02 },
    { route: '/products', perSecond: 12, seconds: 0.05 },
    { route: '/products/{id}', perSecond: 30, seconds: 0.03 },
    { route: '/search', perSecond: 6, seconds: 0.2 },
  ];
  return (seconds) => {
    let busy = 0;
    for (const { route, perSecond, seconds: usual } of routes) {
      const count = arrivals(perSecond * wave() * seconds, random);
      for (let index = 0; index < count; index += 1) {
        const took = usual * exponential(random);
        duration.observe({ route }, took);
        requests.inc({ route, method: 'GET', code: random() < 0.99 ? '200' : random() < 0.5 ? '404' : '500' });
        busy += took / seconds;
      }
    }
    inFlight.set(Math.round(busy));
  };
}

function checkout(registry, random) {
  const registers = [registry];
  const orders = new Counter({ name: 'orders_total', help: 'Orders, by outcome.', labelNames: ['outcome'], registers });
  const revenue = new Counter({ name: 'revenue_euros_total', help: 'Value of the orders accepted.', registers });
  const payment = new Histogram({
    name: 'payment_duration_seconds',
    help: 'Time until the payment provider answered.',
    labelNames: ['provider'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const carts = new Gauge({ name: 'open_carts', help: 'Carts that are not checked out yet.', registers });
  let open = 40;
  return (seconds) => {
    const count = arrivals(4 * wave() * seconds, random);
    open = Math.max(0, open + arrivals(5 * seconds, random) - count - arrivals(seconds, random));
    carts.set(open);
    for (let index = 0; index < count; index += 1) {
      const accepted = random() < 0.96;
      orders.inc({ outcome: accepted ? 'accepted' : 'declined' });
      if (accepted) revenue.inc(Math.round(500 + 9_500 * exponential(random)) / 100);
      payment.observe({ provider: random() < 0.7 ? 'card' : 'invoice' }, 0.3 * exponential(random));
    }
  };
}

function warehouse(registry, random) {
  const registers = [registry];
  const jobs = new Counter({ name: 'jobs_done_total', help: 'Jobs done, by queue.', labelNames: ['queue'], registers });
  const depth = new Gauge({ name: 'queue_depth', help: 'Jobs that wait, by queue.', labelNames: ['queue'], registers });
  const stock = new Gauge({ name: 'stock_items', help: 'Items in stock, by shelf.', labelNames: ['shelf'], registers });
  const temperature = new Gauge({ name: 'hall_temperature_celsius', help: 'Temperature of the hall.', registers });
  const waiting = { pick: 10, pack: 5, ship: 3 };
  const shelves = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((shelf) => [shelf, 200]));
  return (seconds) => {
    for (const queue of Object.keys(waiting)) {
      const done = Math.min(waiting[queue], arrivals(3 * seconds, random));
      waiting[queue] += arrivals(2.9 * wave() * seconds, random) - done;
      jobs.inc({ queue }, done);
      depth.set({ queue }, waiting[queue]);
    }
    for (const shelf of Object.keys(shelves)) {
      shelves[shelf] = Math.max(0, shelves[shelf] - arrivals(0.5 * seconds, random));
      if (shelves[shelf] < 50) shelves[shelf] += 150;
      stock.set({ shelf }, shelves[shelf]);
    }
    temperature.set(18 + 2 * wave() + random() * 0.1);
  };
}

/** The tide of the day, within ten minutes: 0.5…1.5. */
function wave() {
  return 1 + 0.5 * Math.sin((Date.now() / 600_000) * 2 * Math.PI);
}

/** How many of a random stream of events fall into a time in which `mean` are usual. */
function arrivals(mean, random) {
  let count = 0;
  for (let left = mean - exponential(random); left > 0; left -= exponential(random)) count += 1;
  return count;
}

/** A random time with mean 1. */
function exponential(random) {
  return -Math.log(1 - random());
}
