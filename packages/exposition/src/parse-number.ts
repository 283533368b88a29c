import { DECIMAL_OK, readDecimal } from './decimal.ts';

/** The number that a text is in an exposition, `undefined` when it is none: for `le` and `quantile`, which are labels. */
export function parseNumber(text: string): number | undefined {
  const bytes = Buffer.from(text);
  const target = new Float64Array(1);
  return readDecimal(bytes, 0, bytes.length, target, 0) === DECIMAL_OK ? target[0] : undefined;
}
