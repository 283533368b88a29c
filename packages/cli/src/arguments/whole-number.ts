import { usageError } from '../errors.ts';

/**
 * Reads an option that is a whole number.
 *
 * @throws CliError `Usage` when it is none or is out of bounds
 */
export function parseWholeNumber(
  option: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw usageError(`${option} "${text}": expected a whole number from ${bounds.min} to ${bounds.max}`);
  }
  return value;
}
