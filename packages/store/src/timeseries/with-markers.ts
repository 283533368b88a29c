import { putStaleMarker } from '../reader/stale-marker.ts';

/** Points of a series: parallel arrays in the order of time. */
export interface Points {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/**
 * The points of a series with a staleness marker where it ceases: at the first slot without it behind one with it. A time
 * series cannot hold the marker, but the target's stream tells which slots there were.
 *
 * @param slotsMs - ascending
 */
export function withMarkers({ timestampsMs, values }: Points, slotsMs: readonly number[]): Points {
  const times = new Float64Array(values.length * 2);
  const marked = new Float64Array(values.length * 2);
  const words = new Uint32Array(marked.buffer);
  let count = 0;
  let point = 0;
  /** Takes the points up to a time. */
  const takeUntil = (timeMs: number): void => {
    while (point < values.length && (timestampsMs[point] ?? 0) <= timeMs) {
      times[count] = timestampsMs[point] ?? 0;
      marked[count++] = values[point++] ?? 0;
    }
  };
  let marksAt = 0;
  for (const slotMs of slotsMs) {
    takeUntil(slotMs);
    // A point or a marker before the slot, but none at it: only behind a point is a marker due.
    if (count === marksAt || times[count - 1] === slotMs) continue;
    times[count] = slotMs;
    putStaleMarker(words, count++);
    marksAt = count;
  }
  takeUntil(Infinity);
  return { timestampsMs: times.slice(0, count), values: marked.slice(0, count) };
}
