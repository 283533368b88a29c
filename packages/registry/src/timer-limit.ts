/** Longest time that a timer takes; set for longer, it fires at once. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** A time as a timer takes it: 24 days stand for anything longer, `Infinity` included. */
export function timerMs(timeMs: number): number {
  return Math.min(timeMs, MAX_TIMER_MS);
}
