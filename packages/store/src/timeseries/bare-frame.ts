import { ByteWriter } from '../codec/byte-writer.ts';
import { encodeEnd } from '../codec/chain-encoder.ts';
import { putFrameHeader, readFrameHeader } from '../codec/frame-header.ts';
import { cutText } from '@pulsekeeper/model';

const MOST_TEXT = 300;
const writer = new ByteWriter();

/**
 * The record of a slot where the samples are elsewhere: the header of its frame as a frame without columns, independent of
 * all others, so that whoever reads streams of frames reads it too. The same frame always gives the same bytes.
 *
 * @param bytes - the frame
 * @param collector - who writes
 */
export function bareFrame(bytes: Uint8Array, slotMs: number, collector: string): Uint8Array {
  const { kind, intervalMs, timestampMs, report } = readFrameHeader(bytes, slotMs);
  if (kind === 'end') return encodeEnd(slotMs).bytes;
  const { failure } = report;
  writer.position = 0;
  putFrameHeader(writer, {
    kind: kind === 'failure' ? 'failure' : 'key',
    slotMs,
    intervalMs,
    timestampMs,
    keyDistance: 0,
    chainIndex: 0,
    report:
      failure === undefined
        ? report
        : { ...report, failure: { reason: failure.reason, message: cutText(failure.message, MOST_TEXT) } },
    collector: cutText(collector, MOST_TEXT),
    schemaIds: [],
    hasSampleTimestamps: false,
  });
  return Uint8Array.from(writer.bytes.subarray(0, writer.position));
}
