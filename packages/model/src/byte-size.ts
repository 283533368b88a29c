import { InvalidByteSizeError } from './errors.ts';
import { showValue } from './show-value.ts';

const BYTE_SIZE = /^(\d{1,15})(B|[KMGT]i?B)$/;
const POWERS = 'BKMGT';

/**
 * Reads a size such as `16MB`, `512KiB` or `1048576B` into bytes. As in Prometheus' `body_size_limit` the units are powers
 * of 1024, with or without the `i`.
 *
 * @throws {@link InvalidByteSizeError} when the text is anything else or not exactly representable.
 */
export function parseByteSize(text: string): number {
  const match = BYTE_SIZE.exec(text);
  const unit = match?.[2];
  const bytes = unit === undefined ? NaN : Number(match?.[1]) * 1024 ** POWERS.indexOf(unit.charAt(0));
  if (!Number.isSafeInteger(bytes)) {
    throw new InvalidByteSizeError(text, `${showValue(text)} is not a size such as "16MB", "512KiB" or "100B"`);
  }
  return bytes;
}

/** Writes bytes in the largest unit that keeps the number whole, e.g. `16MB` for 16,777,216. */
export function formatByteSize(bytes: number): string {
  let power = 0;
  let rest = bytes;
  while (rest > 0 && rest % 1024 === 0 && power < POWERS.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return `${rest}${power === 0 ? '' : POWERS.charAt(power)}B`;
}
