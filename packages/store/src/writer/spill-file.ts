import type { LabelSet, SeriesSchema, TargetId } from '@pulsekeeper/model';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { BitWriter } from '../codec/bit-writer.ts';
import type { EncodedFrame } from '../codec/chain-encoder.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import { ByteCursor, putBytes, putText, putVarint } from '../codec/varint.ts';
import { CorruptFrame } from '../errors.ts';
import { schemaOfBlob, schemaToBlob } from '../schema/schema-blob.ts';

const MAGIC = 'pulsekeeper-spill 1\n';

/** Frames of one target that were not written; the first is independent of all others. */
export interface SpilledStream {
  readonly id: TargetId;
  readonly labels: LabelSet;
  readonly retentionMs: number;
  readonly frames: readonly EncodedFrame[];
  readonly schemas: readonly SeriesSchema[];
}

/** Saves streams to a file, which replaces the one there is only once it is whole and on the disk. */
export async function writeSpillFile(path: string, streams: Iterable<SpilledStream>): Promise<number> {
  const partial = `${path}.partial`;
  let frames = 0;
  const file = await open(partial, 'w', 0o600);
  try {
    await file.write(MAGIC);
    for (const stream of streams) {
      await file.write(recordOf(stream));
      frames += stream.frames.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  return frames;
}

/**
 * Reads what {@link writeSpillFile} saved. A file that ends early yields the streams before the damage.
 *
 * @returns `undefined` when there is no file
 * @throws CorruptFrame when it is not such a file
 */
export async function readSpillFile(path: string): Promise<{ streams: SpilledStream[]; isWhole: boolean } | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (!bytes.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC))) throw new CorruptFrame(`${path} is no spill file`);
  const cursor = new ByteCursor(bytes, MAGIC.length);
  const streams: SpilledStream[] = [];
  try {
    while (cursor.position < bytes.length) streams.push(takeRecord(cursor));
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    return { streams, isWhole: false };
  }
  return { streams, isWhole: true };
}

export async function removeSpillFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

function recordOf({ id, labels, retentionMs, frames, schemas }: SpilledStream): Uint8Array {
  const writer = new BitWriter();
  putText(writer, id);
  putText(writer, JSON.stringify(labels));
  putVarint(writer, retentionMs);
  putVarint(writer, schemas.length);
  for (const schema of schemas) {
    const blob = schemaToBlob(schema);
    putText(writer, schema.id);
    putVarint(writer, blob.length);
    putBytes(writer, blob);
  }
  putVarint(writer, frames.length);
  for (const { slotMs, bytes } of frames) {
    putVarint(writer, slotMs);
    putVarint(writer, bytes.length);
    putBytes(writer, bytes);
  }
  return writer.bytes.subarray(0, writer.position);
}

function takeRecord(cursor: ByteCursor): SpilledStream {
  const id = cursor.text() as TargetId;
  const labels = labelsOf(cursor.text());
  const retentionMs = cursor.varint();
  const schemas: SeriesSchema[] = [];
  for (let left = cursor.varint(); left > 0; left--) {
    const schemaId = cursor.text();
    schemas.push(schemaOfBlob(cursor.take(cursor.varint()), schemaId));
  }
  const frames: EncodedFrame[] = [];
  for (let left = cursor.varint(); left > 0; left--) {
    const slotMs = cursor.varint();
    const bytes = Buffer.from(cursor.take(cursor.varint()));
    const { kind, keyDistance } = readFrameHeader(bytes, slotMs);
    const isIndependent = kind === 'key' || kind === 'end' || (kind === 'failure' && keyDistance === 0);
    frames.push({ kind, slotMs, isIndependent, bytes, schemas });
  }
  return { id, labels, retentionMs, frames, schemas };
}

function labelsOf(json: string): LabelSet {
  try {
    return JSON.parse(json) as LabelSet;
  } catch (error) {
    throw new CorruptFrame('the labels of a target cannot be read', { cause: error });
  }
}
