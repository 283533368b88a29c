/**
 * How many times slower than a developer's machine this one is: `PULSEKEEPER_TEST_TIME_FACTOR`, a number ≥ 1.
 * Every deadline of this package, and with the mocha hooks every test's timeout, is multiplied by it.
 *
 * @defaultValue 1
 */
export const timeFactor: number = Math.max(1, Number(process.env['PULSEKEEPER_TEST_TIME_FACTOR'] ?? 1) || 1);
