import { createSeriesSchema, type ScrapeReport, type SeriesSchema } from '@pulsekeeper/model';
import type { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import { ChainEncoder, type EncodedFrame } from '../../../src/codec/chain-encoder.ts';
import { readFrameHeader } from '../../../src/codec/frame-header.ts';
import type { Frame } from '../../../src/frame.ts';

export const INTERVAL_MS = 15_000;

export function schemaOf(keys: readonly string[]): SeriesSchema {
  return createSeriesSchema(Buffer.from(keys.map((key) => `${key}\n`).join('')));
}

export function report(overrides: Partial<ScrapeReport> = {}): ScrapeReport {
  return {
    up: true,
    durationSeconds: 0.012345,
    samplesScraped: 3,
    samplesPostRelabel: 3,
    seriesAdded: 0,
    attempts: 1,
    bodyBytes: 1000,
    ...overrides,
  };
}

/** A frame of slot `number × interval`, from keys with values. */
export function frameOf(
  number: number,
  samples: Readonly<Record<string, number>> | undefined,
  overrides: Partial<Frame> = {},
): Frame {
  const slotMs = number * INTERVAL_MS;
  return {
    slotMs,
    intervalMs: INTERVAL_MS,
    timestampMs: slotMs,
    report:
      samples === undefined ? report({ up: false, failure: { reason: 'timeout', message: 'too slow' } }) : report(),
    samples:
      samples === undefined
        ? undefined
        : { schema: schemaOf(Object.keys(samples)), values: Float64Array.from(Object.values(samples)) },
    ...overrides,
  };
}

export function newEncoder(options: Partial<ConstructorParameters<typeof ChainEncoder>[0]> = {}): ChainEncoder {
  return new ChainEncoder({ keyFrameSlots: 120, keyFrameShift: 0, collector: 'c1', ...options });
}

/** The bits of each present series after a decoded frame, by key. */
export function bitsByKey(decoder: ChainDecoder): Record<string, bigint> {
  const bits: Record<string, bigint> = {};
  const words = decoder.state.words;
  let column = 0;
  for (const schema of decoder.schemas) {
    for (let index = 0; index < schema.size; index++, column++) {
      if (!decoder.isPresent(column)) continue;
      bits[schema.keyAt(index)] = (BigInt(words[column * 2 + 1]! >>> 0) << 32n) | BigInt(words[column * 2]! >>> 0);
    }
  }
  return bits;
}

export function bitsOf(frame: Frame): Record<string, bigint> {
  const bits: Record<string, bigint> = {};
  const { schema, values } = frame.samples!;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let index = 0; index < schema.size; index++) {
    const key = schema.keyAt(index);
    bits[key] ??= (BigInt(words[index * 2 + 1]!) << 32n) | BigInt(words[index * 2]!);
  }
  return bits;
}

/** Decodes one frame, finding the schemas that it names among those that encoders named. */
export function decodeWith(decoder: ChainDecoder, encoded: EncodedFrame, known: Map<string, SeriesSchema>) {
  for (const schema of encoded.schemas) known.set(schema.id, schema);
  const { schemaIds } = readFrameHeader(encoded.bytes, encoded.slotMs);
  return decoder.decode(
    encoded.bytes,
    encoded.slotMs,
    schemaIds.map((id) => known.get(id)!),
  );
}
