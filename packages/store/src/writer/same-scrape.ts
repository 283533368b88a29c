import { isDeepStrictEqual } from 'node:util';
import { readFrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';

/**
 * Whether two frames of a slot tell of the same scrape, by their headers: interval, time, duration in microseconds, size and
 * counts. A frame may have been written by a call whose reply was lost, and have been encoded once more since: then its bytes
 * differ and it is still the same.
 *
 * @param storedHead - the beginning of the stored frame; a cut failure message makes it another
 */
export function isSameScrape(slotMs: number, own: Uint8Array, storedHead: Uint8Array): boolean {
  try {
    const mine = readFrameHeader(own, slotMs);
    const stored = readFrameHeader(storedHead, slotMs);
    return (
      mine.intervalMs === stored.intervalMs &&
      mine.timestampMs === stored.timestampMs &&
      isDeepStrictEqual(mine.report, stored.report)
    );
  } catch (error) {
    if (error instanceof CorruptFrame) return false;
    throw error;
  }
}
