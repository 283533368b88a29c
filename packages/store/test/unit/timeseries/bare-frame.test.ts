import { expect } from 'chai';
import { encodeEnd } from '../../../src/codec/chain-encoder.ts';
import { ByteWriter } from '../../../src/codec/byte-writer.ts';
import { type FrameHeader, putFrameHeader, readFrameHeader } from '../../../src/codec/frame-header.ts';
import { bareFrame } from '../../../src/timeseries/bare-frame.ts';
import { MOST_FORM_BYTES } from '../../../src/writer/append-batch.ts';

const SLOT_MS = 1_700_000_000_000;

const delta: FrameHeader = {
  kind: 'delta',
  slotMs: SLOT_MS,
  intervalMs: 15_000,
  timestampMs: SLOT_MS + 3,
  keyDistance: 7,
  chainIndex: 6,
  report: {
    up: true,
    durationSeconds: 0.012,
    samplesScraped: 900,
    samplesPostRelabel: 800,
    seriesAdded: 2,
    attempts: 2,
    bodyBytes: 9,
  },
  collector: undefined,
  schemaIds: ['0123456789abcdef0123456789abcdef'],
  hasSampleTimestamps: true,
};

function bytesOf(header: FrameHeader): Uint8Array {
  const writer = new ByteWriter();
  putFrameHeader(writer, header);
  return writer.bytes.slice(0, writer.position);
}

describe('bareFrame', () => {
  it('keeps all that the header tells of the scrape, and depends on no other frame', () => {
    const { intervalMs, timestampMs, report } = delta;
    expect(readFrameHeader(bareFrame(bytesOf(delta), SLOT_MS, 'c1'), SLOT_MS)).to.deep.equal({
      kind: 'key',
      slotMs: SLOT_MS,
      intervalMs,
      timestampMs,
      keyDistance: 0,
      chainIndex: 0,
      report,
      collector: 'c1',
      schemaIds: [],
      hasSampleTimestamps: false,
    });
  });

  it('keeps failures and end marks', () => {
    const report = { ...delta.report, up: false, failure: { reason: 'dns' as const, message: 'no such name' } };
    const failure = {
      ...delta,
      kind: 'failure' as const,
      chainIndex: 0,
      schemaIds: [],
      hasSampleTimestamps: false,
      report,
    };
    const bare = readFrameHeader(bareFrame(bytesOf(failure), SLOT_MS, 'c1'), SLOT_MS);
    expect(bare).to.deep.include({ kind: 'failure', keyDistance: 0, report });
    expect(bareFrame(encodeEnd(SLOT_MS).bytes, SLOT_MS, 'c1')).to.deep.equal(encodeEnd(SLOT_MS).bytes);
  });

  it('stays within the room that a request has for it', () => {
    const report = { ...delta.report, up: false, failure: { reason: 'dns' as const, message: '€'.repeat(9_000) } };
    const failure = { ...delta, kind: 'failure' as const, report };
    expect(bareFrame(bytesOf(failure), SLOT_MS, '€'.repeat(9_000)).length).to.be.lessThan(MOST_FORM_BYTES);
  });
});
