import { startRedis } from './redis-server.ts';

/** A Redis that has the `TS.*` commands. */
export interface TimeseriesRedis {
  readonly url: string;
  /** Ends it, where it was started for the test. */
  stop(): Promise<void>;
}

/**
 * A Redis with time series: the one at `PULSEKEEPER_TEST_TIMESERIES_URL` (the tests leave keys in it that expire), or a
 * private one that loads the module file `PULSEKEEPER_TEST_TIMESERIES_MODULE`.
 *
 * @returns `undefined` when neither is given: Debian's packages have no such server, so the test is to be skipped
 */
export async function startTimeseriesRedis(): Promise<TimeseriesRedis | undefined> {
  const url = process.env['PULSEKEEPER_TEST_TIMESERIES_URL'] ?? '';
  if (url !== '') return { url, stop: () => Promise.resolve() };
  const modulePath = timeseriesModulePath();
  return modulePath === undefined ? undefined : startRedis({ modulePath });
}

/** The module file to be loaded, for tests that need servers of their own. */
export function timeseriesModulePath(): string | undefined {
  const path = process.env['PULSEKEEPER_TEST_TIMESERIES_MODULE'] ?? '';
  return path === '' ? undefined : path;
}
