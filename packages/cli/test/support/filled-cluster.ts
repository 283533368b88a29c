import { createSeriesSchema, phaseMs, slotAfter, splitTargetId, targetId, type TargetId } from '@pulsekeeper/model';
import { assign } from '@pulsekeeper/hash-ring';
import { CollectorMembership } from '@pulsekeeper/registry';
import { openStore, type Frame, type Store, type StoreDriver } from '@pulsekeeper/store';
import { registerCleanup } from '@pulsekeeper/test-support';

import { openSession, putInstance } from './sessions.ts';

const INTERVAL_MS = 5000;
const COLLECTORS = ['collector-1', 'collector-2', 'collector-3'];

/** A registration that is wrong, and what its reason must say. */
export const WRONG_REGISTRATIONS: Readonly<Record<string, readonly [data: unknown, reason: RegExp]>> = {
  'bad/json': ['{"address": ', /JSON/],
  'bad/interval-0': [{ address: '127.0.0.1:1', interval: '0' }, /interval/],
  'bad/ten-years': [{ address: '127.0.0.1:1', interval: '10 years' }, /interval.*10 years/],
  'bad/file': [{ address: 'file:///etc/passwd' }, /address/],
  'bad/no-port': [{ address: 'web-1' }, /address/],
};

/** What a filled cluster holds. */
export interface FilledCluster {
  readonly nowMs: number;
  /** A value that only survives bit for bit. */
  readonly exactValue: number;
}

/**
 * Fills ZooKeeper and Redis through the registry and the store as a running cluster does, without any collector, and
 * goes on until the end of the suite: two good targets of `web` with five minutes of samples, of which the second misses
 * three slots; `db/primary` that is down; `gone/left`, which left two minutes ago; `new/never`, which nobody has scraped;
 * the wrong registrations.
 */
export async function fillCluster(
  zookeeper: string,
  redis: string,
  driver: StoreDriver = 'stream',
): Promise<FilledCluster> {
  const session = await openSession(zookeeper);
  const good = { 'web/web-1': 9101, 'web/web-2': 9102, 'db/primary': 9103, 'new/never': 9104 };
  for (const [target, port] of Object.entries(good)) {
    await putInstance(session, target, { address: `127.0.0.1:${port}`, interval: '5s', labels: { team: 'a' } });
  }
  for (const [target, [data]] of Object.entries(WRONG_REGISTRATIONS)) {
    await putInstance(session, target, data);
  }
  const targets = [...Object.keys(good), ...Object.keys(WRONG_REGISTRATIONS)];
  const ring = assign(
    targets,
    COLLECTORS.map((id) => ({ id, capacity: 1 })),
  ).version;
  for (const id of COLLECTORS) {
    const announcement = { id, host: 'h', statusUrl: 'http://127.0.0.1:4000', capacity: 1, version: '0.1.0' };
    const membership = new CollectorMembership({ session, announcement, handoverMs: 0 });
    await membership.start();
    await membership.update({ ring });
  }
  const store = openStore({ url: redis, collector: 'collector-1', driver });
  registerCleanup({ name: 'store of the test', run: () => store.stop() });
  await store.start();
  const nowMs = Date.now();
  const feeds = [
    new Feed(store, targetId('web', 'web-1'), nowMs, goodFrame),
    new Feed(store, targetId('web', 'web-2'), nowMs, (slotMs, index) =>
      index >= 20 && index < 23 ? undefined : goodFrame(slotMs, index),
    ),
    new Feed(store, targetId('db', 'primary'), nowMs, failedFrame),
  ];
  const left = new Feed(store, targetId('gone', 'left'), nowMs, goodFrame);
  await left.feed(nowMs - 120_000);
  await left.end();
  const beat = async (): Promise<void> => {
    await Promise.all([...feeds.map((feed) => feed.feed(Date.now())), publishHeartbeats(store, ring)]);
  };
  await beat();
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, 1000);
  registerCleanup({
    name: 'feed of the test',
    run: async () => {
      clearInterval(timer);
      await beating;
    },
  });
  return { nowMs, exactValue: EXACT_VALUE };
}

/** The frames of one target, slot by slot, as its collector would write them. */
class Feed {
  readonly #writer: ReturnType<Store['writer']['open']>;
  readonly #phase: number;
  readonly #frameOf: (slotMs: number, index: number) => Frame | undefined;
  #nextMs: number;
  #index = 0;

  constructor(
    store: Store,
    id: TargetId,
    nowMs: number,
    frameOf: (slotMs: number, index: number) => Frame | undefined,
  ) {
    const { service, instance } = splitTargetId(id);
    this.#writer = store.writer.open({ id, labels: { service, instance, team: 'a' } });
    this.#phase = phaseMs(id, INTERVAL_MS);
    this.#nextMs = slotAfter(nowMs - 300_000, INTERVAL_MS, this.#phase);
    this.#frameOf = frameOf;
  }

  /** Writes the slots up to a moment. */
  async feed(untilMs: number): Promise<void> {
    const outcomes: Promise<unknown>[] = [];
    for (; this.#nextMs <= untilMs; this.#nextMs += INTERVAL_MS, this.#index += 1) {
      const frame = this.#frameOf(this.#nextMs, this.#index);
      if (frame !== undefined) {
        outcomes.push(this.#writer.append(frame));
      }
    }
    await Promise.all(outcomes);
  }

  /** The target leaves. */
  end(): Promise<void> {
    return this.#writer.end(this.#nextMs);
  }
}

const EXACT_VALUE = 0.1 + 0.2;
const SCHEMA = createSeriesSchema(
  new TextEncoder().encode('http_requests_total{code="200"}\nhttp_requests_total{code="500"}\nratio\n'),
  [{ name: 'http_requests_total', type: 'counter', help: 'Requests.', unit: '' }],
);

function goodFrame(slotMs: number, index: number): Frame {
  return {
    slotMs,
    intervalMs: INTERVAL_MS,
    timestampMs: slotMs,
    report: { ...REPORT, up: true },
    samples: { schema: SCHEMA, values: Float64Array.of(index, -0, EXACT_VALUE) },
  };
}

function failedFrame(slotMs: number): Frame {
  const failure = { reason: 'connection_refused', message: 'connect ECONNREFUSED 127.0.0.1:9103' } as const;
  const report = { ...REPORT, up: false, failure, samplesScraped: 0, samplesPostRelabel: 0 };
  return { slotMs, intervalMs: INTERVAL_MS, timestampMs: slotMs, report, samples: undefined };
}

const REPORT = {
  durationSeconds: 0.012,
  samplesScraped: 3,
  samplesPostRelabel: 3,
  seriesAdded: 0,
  attempts: 1,
  bodyBytes: 90,
};

async function publishHeartbeats(store: Store, ring: string): Promise<void> {
  for (const id of COLLECTORS) {
    const slots = { expected: 60, written: 59, failed: 20, late: 0, missed: 1, doubled: 0, dropped: 0 };
    await store.publishCollectorStatus(
      id,
      {
        id,
        publishedAtMs: Date.now(),
        ring,
        state: 'active',
        zookeeper: 'connected',
        targets: 3,
        samplesPerSecond: 1.2,
        lagMs: 4,
        clockSkewMs: 0.5,
        bufferedFrames: 0,
        slots,
        irregular: { count: 1, targets: { 'web/web-2': { late: 0, missed: 3, doubled: 2 } } },
        recent: { windowMs: 300_000, slots: { ...slots, missed: 0 } },
      },
      60_000,
    );
  }
}
