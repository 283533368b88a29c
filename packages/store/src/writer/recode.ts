import type { SeriesSchema } from '@pulsekeeper/model';
import { ChainDecoder } from '../codec/chain-decoder.ts';
import { type ChainEncoder, type EncodedFrame, encodeEnd, type FrameColumns } from '../codec/chain-encoder.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import type { TargetLog } from './target-log.ts';

/**
 * Encodes the frames of a log from `from` on once more, so that they no longer depend on those before: the first samples
 * become a key frame. Up to and including the slot `aloneUpTo` each becomes independent of all others (they will lie
 * beside the stream).
 *
 * O(columns × frames from the log's start).
 *
 * @param encoder - is left as after the last frame, so that the target goes on with it
 * @param schemaOf - the schemas that frames of this log name
 */
export function encodeAgain(
  log: TargetLog,
  from: number,
  aloneUpTo: number,
  encoder: ChainEncoder,
  schemaOf: (id: string) => SeriesSchema,
): EncodedFrame[] {
  const decoder = new ChainDecoder();
  const encoded: EncodedFrame[] = [];
  encoder.breakChain();
  for (let index = 0; index < log.length; index++) {
    const { slotMs, kind, bytes } = log.at(index);
    const header = readFrameHeader(bytes, slotMs);
    decoder.decode(bytes, slotMs, header.schemaIds.map(schemaOf));
    if (index < from) continue;
    if (kind === 'end') {
      encoded.push(encodeEnd(slotMs));
      encoder.breakChain();
      continue;
    }
    const { intervalMs, timestampMs, report } = header;
    const frame = { slotMs, intervalMs, timestampMs, report };
    const again =
      kind === 'failure'
        ? encoder.encode({ ...frame, samples: undefined })
        : encoder.encodeAgain(frame, columnsOf(decoder));
    encoded.push({ ...again, bytes: Buffer.from(again.bytes) });
    if (slotMs <= aloneUpTo) encoder.breakChain();
  }
  return encoded;
}

function columnsOf(decoder: ChainDecoder): FrameColumns {
  const { state, times, schemas } = decoder;
  const { size } = state;
  return {
    schemas,
    values: state.values.subarray(0, size),
    present: Uint8Array.from({ length: size }, (_, column) => (decoder.isPresent(column) ? 1 : 0)),
    timestampsMs: decoder.hasTimes ? times?.values.subarray(0, size) : undefined,
    hasTimestamp: decoder.hasTimes
      ? Uint8Array.from({ length: size }, (_, column) => (decoder.hasTime(column) ? 1 : 0))
      : undefined,
  };
}
