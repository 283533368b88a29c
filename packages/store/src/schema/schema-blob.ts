import { createSeriesSchema, type MetricMetadata, type SeriesSchema } from '@pulsekeeper/model';
import { buffer } from 'node:stream/consumers';
import { createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { CorruptFrame } from '../errors.ts';

/** Version of the stored form of schemas, its first byte. */
export const SCHEMA_VERSION = 1;
/** Inflated, a schema is not larger than this: a million series of 250 bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * A schema as Redis keeps it: the version, then deflated: the number of bytes of the metadata (4 bytes, little-endian), the
 * metadata as JSON (`[[name, type, help, unit], …]`), the keys.
 */
export function schemaToBlob(schema: SeriesSchema): Buffer {
  return blobOf(deflateRawSync(Buffer.concat([headOf(schema), schema.keys])));
}

/** {@link schemaToBlob} without holding up the event loop, or a second copy of the keys: a million series take a second. */
export async function schemaToBlobAside(schema: SeriesSchema): Promise<Buffer> {
  const deflate = createDeflateRaw();
  deflate.write(headOf(schema));
  deflate.end(schema.keys);
  return blobOf(await buffer(deflate));
}

function blobOf(deflated: Buffer): Buffer {
  return Buffer.concat([Buffer.from([SCHEMA_VERSION]), deflated]);
}

/** What is deflated before the keys. */
function headOf(schema: SeriesSchema): Buffer {
  const metadata = Buffer.from(
    JSON.stringify(schema.metadata.map(({ name, type, help, unit }) => [name, type, help, unit])),
    'utf8',
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([length, metadata]);
}

/**
 * @param id - the id that the schema must have; what was altered in Redis is not believed
 * @throws CorruptFrame
 */
export function schemaOfBlob(blob: Uint8Array, id: string): SeriesSchema {
  if (blob[0] !== SCHEMA_VERSION) throw new CorruptFrame(`version ${blob[0] ?? 'none'} of schemas is not known`);
  let schema: SeriesSchema;
  try {
    const bytes = inflateRawSync(blob.subarray(1), { maxOutputLength: MOST_BYTES });
    const keysAt = 4 + bytes.readUInt32LE(0);
    schema = createSeriesSchema(bytes.subarray(keysAt), metadataOf(bytes.toString('utf8', 4, keysAt)));
  } catch (error) {
    throw new CorruptFrame(`schema ${id} cannot be read`, { cause: error });
  }
  if (schema.id !== id) throw new CorruptFrame(`what is stored as schema ${id} is schema ${schema.id}`);
  return schema;
}

function metadataOf(json: string): MetricMetadata[] {
  const entries = JSON.parse(json) as unknown;
  if (!Array.isArray(entries)) throw new CorruptFrame('the metadata of a schema is no list');
  return entries.map((entry: unknown) => {
    const [name, type, help, unit] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return { name: textOf(name), type: textOf(type), help: textOf(help), unit: textOf(unit) };
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
