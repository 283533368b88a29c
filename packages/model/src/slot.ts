import { identityHash } from './identity-hash.ts';

/**
 * Phases are whole multiples of this where the interval is at least {@link QUANTISED_FROM_MS}, so that scrapes that fall
 * due together share one wake-up of the collector.
 */
export const SLOT_QUANTUM_MS = 50;

/** Intervals below this keep phases of single milliseconds; with few quanta per interval, quantising would bunch targets. */
const QUANTISED_FROM_MS = 1000;

/**
 * The phase of a target: slot k falls at `k × intervalMs + phaseMs` of Unix time. It depends on the identity and the
 * interval alone, never on who scrapes. From 0 to below the interval; a multiple of {@link SLOT_QUANTUM_MS} when the
 * interval is at least 1 s.
 *
 * @throws RangeError when the interval is not a whole number of at least 1 ms.
 */
export function phaseMs(id: string, intervalMs: number): number {
  if (!(Number.isSafeInteger(intervalMs) && intervalMs >= 1)) {
    throw new RangeError(`an interval must be a whole number of milliseconds of at least 1, got ${intervalMs}`);
  }
  const hash = identityHash(id);
  if (intervalMs < QUANTISED_FROM_MS) {
    return hash % intervalMs;
  }
  return (hash % Math.floor(intervalMs / SLOT_QUANTUM_MS)) * SLOT_QUANTUM_MS;
}

/** The last slot at or before a time. */
export function slotAtOrBefore(timeMs: number, intervalMs: number, phase: number): number {
  return Math.floor((timeMs - phase) / intervalMs) * intervalMs + phase;
}

/** The first slot after a time; never the time itself. */
export function slotAfter(timeMs: number, intervalMs: number, phase: number): number {
  return slotAtOrBefore(timeMs, intervalMs, phase) + intervalMs;
}

/** The first slot at or after a time. */
export function slotAtOrAfter(timeMs: number, intervalMs: number, phase: number): number {
  return Math.ceil((timeMs - phase) / intervalMs) * intervalMs + phase;
}

/** The slots `s` with `fromMs ≤ s < toMs`, in order, one at a time. */
export function* slotsBetween(
  fromMs: number,
  toMs: number,
  intervalMs: number,
  phase: number,
): Generator<number, void> {
  for (let slot = slotAtOrAfter(fromMs, intervalMs, phase); slot < toMs; slot += intervalMs) {
    yield slot;
  }
}

/** How many slots {@link slotsBetween} yields, in constant time. */
export function countSlotsBetween(fromMs: number, toMs: number, intervalMs: number, phase: number): number {
  const first = slotAtOrAfter(fromMs, intervalMs, phase);
  return first < toMs ? Math.ceil((toMs - first) / intervalMs) : 0;
}
