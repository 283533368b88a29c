/** Whether tests run at their full length: `PULSEKEEPER_TEST_LONG=1`. */
const isFullLength = process.env['PULSEKEEPER_TEST_LONG'] === '1';

/**
 * A size or duration of a test whose full length would take most of a run's time.
 *
 * @param full - taken with `PULSEKEEPER_TEST_LONG=1`.
 * @param usual - taken otherwise; large enough to show the same.
 */
export function atFullLength<T>(full: T, usual: T): T {
  return isFullLength ? full : usual;
}
