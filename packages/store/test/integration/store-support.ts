import { createSeriesSchema, targetId, type SeriesSchema, type TargetId } from '@pulsekeeper/model';
import { registerCleanup } from '@pulsekeeper/test-support';
import { openStore, type Frame, type Store, type StoreOptions } from '../../src/index.ts';

export const INTERVAL_MS = 1_000;
/** The first slot of tests: lately, so that retention does not matter. */
export const FIRST_SLOT_MS = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS - 3_600_000;

const schemas = new Map<string, SeriesSchema>();

export function schemaOf(keys: readonly string[]): SeriesSchema {
  const text = keys.map((key) => `${key}\n`).join('');
  let schema = schemas.get(text);
  if (schema === undefined) {
    schema = createSeriesSchema(Buffer.from(text), [{ name: 'a', type: 'gauge', help: 'The letter.', unit: '' }]);
    schemas.set(text, schema);
  }
  return schema;
}

/** Frame number `step`, of a target whose series are the keys; without samples a failed scrape. */
export function frameAt(
  step: number,
  samples: Readonly<Record<string, number>> | undefined,
  durationSeconds = 0.001 * (step + 1),
): Frame {
  const slotMs = FIRST_SLOT_MS + step * INTERVAL_MS;
  const counts = { durationSeconds, seriesAdded: 0, attempts: 1, bodyBytes: 100 };
  const size = samples === undefined ? 0 : Object.keys(samples).length;
  return {
    slotMs,
    intervalMs: INTERVAL_MS,
    timestampMs: slotMs,
    report: {
      ...counts,
      up: samples !== undefined,
      failure: samples === undefined ? { reason: 'timeout', message: 'no answer' } : undefined,
      samplesScraped: size,
      samplesPostRelabel: size,
    },
    samples:
      samples === undefined
        ? undefined
        : { schema: schemaOf(Object.keys(samples)), values: Float64Array.from(Object.values(samples)) },
  };
}

export const slotAt = (step: number): number => FIRST_SLOT_MS + step * INTERVAL_MS;

/** A target's samples that name the scrape, so that a misplaced value shows. */
export function samplesAt(step: number): Record<string, number> {
  return { a: step, 'b{x="1"}': step * 7 + 0.25, 'b{x="2"}': 5, c: step % 3 };
}

export function idOf(instance: string): TargetId {
  return targetId('api', instance);
}

export function labelsOf(id: TargetId): Record<string, string> {
  const [service = '', instance = ''] = id.split('/');
  return { service, instance };
}

/** A started store that the test's end stops. */
export async function startStore(options: StoreOptions & { waitForConnection?: boolean }): Promise<Store> {
  const { waitForConnection, ...rest } = options;
  const store = openStore({ stopTimeoutMs: 100, commandTimeoutMs: 500, connectTimeoutMs: 1_000, ...rest });
  registerCleanup({ name: 'store', run: () => store.stop() });
  await store.start({ waitForConnection });
  return store;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The values of series `a` of a target: in these tests the numbers of the scrapes that are stored. */
export async function storedSteps(store: Store, id: TargetId): Promise<number[]> {
  const { instance = '' } = labelsOf(id);
  const results = await collect(
    store.reader.select(
      [
        { name: '__name__', op: '=', value: 'a' },
        { name: 'instance', op: '=', value: instance },
      ],
      0,
      Number.MAX_SAFE_INTEGER,
    ),
  );
  return results.flatMap(({ values }) => [...values].filter((value) => !Number.isNaN(value)));
}

export function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}
