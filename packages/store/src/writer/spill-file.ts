import { newLabelSet, type LabelSet, type SeriesSchema, type TargetId } from '@pulsekeeper/model';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../codec/byte-writer.ts';
import { ChainDecoder } from '../codec/chain-decoder.ts';
import type { EncodedFrame } from '../codec/chain-encoder.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import { ByteCursor, putBytes, putText, putVarint } from '../codec/varint.ts';
import { CorruptFrame } from '../errors.ts';
import { schemaOfBlob, schemaToBlob } from '../schema/schema-blob.ts';

const MAGIC = 'pulsekeeper-spill 2\n';
/** Before each record its length and its CRC-32, 4 bytes each, little-endian. */
const RECORD_HEAD_BYTES = 8;

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
    // Unlike `write`, this goes on until every byte is written, or fails as a full disk does.
    await file.writeFile(MAGIC);
    for (const stream of streams) {
      const record = recordOf(stream);
      const head = Buffer.alloc(RECORD_HEAD_BYTES);
      head.writeUInt32LE(record.length, 0);
      head.writeUInt32LE(crc32(record), 4);
      await file.writeFile(head);
      await file.writeFile(record);
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
 * Reads what {@link writeSpillFile} saved, each frame decoded once, so that what comes of it can be written. A damaged stream is
 * left out; a file that ends early yields the streams before its end. Lets others run between streams.
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
  const streams: SpilledStream[] = [];
  let isWhole = true;
  for (let at = MAGIC.length; at < bytes.length;) {
    if (at + RECORD_HEAD_BYTES > bytes.length) return { streams, isWhole: false };
    const start = at + RECORD_HEAD_BYTES;
    const end = start + bytes.readUInt32LE(at);
    if (end > bytes.length) return { streams, isWhole: false };
    const stream = readRecord(bytes.subarray(start, end), bytes.readUInt32LE(at + 4));
    if (stream === undefined) isWhole = false;
    else streams.push(stream);
    at = end;
    await setImmediate();
  }
  return { streams, isWhole };
}

/** @returns `undefined` for one that is damaged */
function readRecord(record: Buffer, checksum: number): SpilledStream | undefined {
  if (crc32(record) !== checksum) return undefined;
  try {
    const stream = takeRecord(new ByteCursor(record));
    const schemas = new Map(stream.schemas.map((schema) => [schema.id, schema]));
    const decoder = new ChainDecoder();
    for (const { bytes, slotMs } of stream.frames) {
      const named = readFrameHeader(bytes, slotMs).schemaIds.map((id) => {
        const schema = schemas.get(id);
        if (schema === undefined) throw new CorruptFrame(`schema ${id} of ${stream.id} is not in the file`);
        return schema;
      });
      decoder.decode(bytes, slotMs, named);
    }
    return stream;
  } catch (error) {
    if (error instanceof CorruptFrame) return undefined;
    throw error;
  }
}

export async function removeSpillFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

function recordOf({ id, labels, retentionMs, frames, schemas }: SpilledStream): Uint8Array {
  const writer = new ByteWriter();
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
  if (retentionMs === 0) throw new CorruptFrame(`the retention of ${id} is 0`);
  const schemas: SeriesSchema[] = [];
  for (let left = cursor.varint(); left > 0; left--) {
    const schemaId = cursor.text();
    schemas.push(schemaOfBlob(cursor.take(cursor.varint()), schemaId));
  }
  const frames: EncodedFrame[] = [];
  for (let left = cursor.varint(); left > 0; left--) {
    const slotMs = cursor.varint();
    if (slotMs === 0) throw new CorruptFrame(`a slot of ${id} is 0`);
    const bytes = Buffer.from(cursor.take(cursor.varint()));
    const { kind, keyDistance } = readFrameHeader(bytes, slotMs);
    const isIndependent = kind === 'key' || kind === 'end' || (kind === 'failure' && keyDistance === 0);
    frames.push({ kind, slotMs, isIndependent, bytes, schemas });
  }
  return { id, labels, retentionMs, frames, schemas };
}

function labelsOf(json: string): LabelSet {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new CorruptFrame('the labels of a target cannot be read', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CorruptFrame('the labels of a target are no object');
  }
  const labels = newLabelSet();
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new CorruptFrame(`the label ${name} of a target is no text`);
    labels[name] = text;
  }
  return labels;
}
