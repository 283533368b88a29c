/**
 * Gives a program another wall clock: `node --import <this file>` before it, with `TEST_CLOCK_FOLDER` in the environment.
 * The file `<folder>/<PULSEKEEPER_COLLECTOR_ID>` says by how many milliseconds; it is read again ten times a second, so
 * that the clock can be made to jump while the program runs. The monotonic clock stays as it is, as when a clock is set.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PERIOD_MS = 100;
const RealDate = Date;
const folder = process.env['TEST_CLOCK_FOLDER'];
let offsetMs = 0;

class ShiftedDate extends RealDate {
  /** @param {[] | ConstructorParameters<typeof Date>} given */
  constructor(...given) {
    super(...(given.length === 0 ? [ShiftedDate.now()] : given));
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
}

if (folder !== undefined) {
  const path = join(folder, process.env['PULSEKEEPER_COLLECTOR_ID'] ?? '');
  const read = () => {
    try {
      offsetMs = Number(readFileSync(path, 'utf8')) || 0;
    } catch {
      // No file: the clock is right.
      offsetMs = 0;
    }
  };
  read();
  globalThis.Date = /** @type {DateConstructor} */ (/** @type {unknown} */ (ShiftedDate));
  setInterval(read, PERIOD_MS).unref();
}
