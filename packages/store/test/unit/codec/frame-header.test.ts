import { expect } from 'chai';

import { ByteWriter } from '../../../src/codec/byte-writer.ts';
import { FRAME_HEAD_BYTES, type FrameHeader, putFrameHeader, readFrameHead } from '../../../src/codec/frame-header.ts';
import { CorruptFrame } from '../../../src/errors.ts';

const SLOT_MS = 1_700_000_000_000;
const counts = {
  durationSeconds: 0.25,
  samplesScraped: 1000,
  samplesPostRelabel: 900,
  seriesAdded: 3,
  attempts: 2,
  bodyBytes: 123_456,
};
const failed = { up: false, failure: { reason: 'timeout', message: 'no answer '.repeat(20) }, ...counts } as const;
const header: FrameHeader = {
  kind: 'key',
  slotMs: SLOT_MS,
  intervalMs: 15_000,
  timestampMs: SLOT_MS + 1500,
  keyDistance: 0,
  chainIndex: 0,
  report: failed,
  collector: 'collector-1',
  schemaIds: Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(32, '0')),
  hasSampleTimestamps: false,
};

describe('readFrameHead', () => {
  const whole = bytesOf(header);
  const without = { collector: undefined, schemaIds: [] };

  it('reads as far as the part that is wanted, whatever of the rest is there', () => {
    expect(readFrameHead(whole.subarray(0, FRAME_HEAD_BYTES), SLOT_MS)).to.deep.equal({
      ...header,
      ...without,
      report: { up: false, ...counts },
    });
    expect(readFrameHead(whole.subarray(0, 400), SLOT_MS, 'failure')).to.deep.equal({ ...header, ...without });
    expect(readFrameHead(whole.subarray(0, 400), SLOT_MS, 'collector')).to.deep.equal({ ...header, schemaIds: [] });
    expect(readFrameHead(whole, SLOT_MS, 'schemas')).to.deep.equal(header);
  });

  it('needs no more bytes for texts that a frame lacks', () => {
    const up = { ...header, report: { up: true, ...counts }, collector: undefined };
    const head = bytesOf(up).subarray(0, FRAME_HEAD_BYTES);
    expect(readFrameHead(head, SLOT_MS, 'collector')).to.deep.equal({ ...up, schemaIds: [] });
  });

  it('takes a part that is cut short for corrupt', () => {
    for (const part of ['failure', 'collector', 'schemas'] as const) {
      expect(() => readFrameHead(whole.subarray(0, FRAME_HEAD_BYTES), SLOT_MS, part)).to.throw(CorruptFrame);
    }
  });
});

function bytesOf(of: FrameHeader): Uint8Array {
  const writer = new ByteWriter();
  putFrameHeader(writer, of);
  return writer.bytes.slice(0, writer.position);
}
