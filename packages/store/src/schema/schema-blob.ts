import { createSeriesSchema, type MetricMetadata, type SeriesSchema } from '@pulsekeeper/model';
import { buffer } from 'node:stream/consumers';
import { createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { CorruptFrame } from '../errors.ts';
import { metadataToJson, SCHEMA_LIMITS } from './schema-limits.ts';

/** Version of the stored form of schemas, its first byte. */
export const SCHEMA_VERSION = 1;
/** Before the metadata, for their number of bytes. */
const LENGTH_BYTES = 4;
const MOST_BYTES = LENGTH_BYTES + SCHEMA_LIMITS.metadataBytes + SCHEMA_LIMITS.keyBytes;
const LINE_FEED = 10;

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
  const metadata = metadataToJson(schema.metadata);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([length, metadata]);
}

/**
 * @param id - the id that the schema must have; what was altered in Redis is not believed
 * @throws CorruptFrame for anything else, and for what goes beyond {@link SCHEMA_LIMITS}, before much is made of it
 */
export function schemaOfBlob(blob: Uint8Array, id: string): SeriesSchema {
  if (blob[0] !== SCHEMA_VERSION) throw new CorruptFrame(`version ${blob[0] ?? 'none'} of schemas is not known`);
  let schema: SeriesSchema;
  try {
    const bytes = inflateRawSync(blob.subarray(1), { maxOutputLength: MOST_BYTES });
    const keysAt = LENGTH_BYTES + bytes.readUInt32LE(0);
    const keys = bytes.subarray(keysAt);
    checkKeys(keys);
    schema = createSeriesSchema(keys, metadataOf(bytes.subarray(LENGTH_BYTES, keysAt)));
  } catch (error) {
    throw new CorruptFrame(`schema ${id} cannot be read: ${explain(error)}`, { cause: error });
  }
  if (schema.id !== id) throw new CorruptFrame(`what is stored as schema ${id} is schema ${schema.id}`);
  return schema;
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_BUFFER_TOO_LARGE' ? `it inflates to more than ${MOST_BYTES} bytes` : message;
}

/** Counts first, so that nothing that follows meets more series than a schema may have. */
function checkKeys(keys: Buffer): void {
  if (keys.length > SCHEMA_LIMITS.keyBytes) throw new CorruptFrame(`its keys take ${keys.length} bytes`);
  let series = 0;
  for (let at = keys.indexOf(LINE_FEED); at >= 0; at = keys.indexOf(LINE_FEED, at + 1)) {
    if (++series > SCHEMA_LIMITS.series) throw new CorruptFrame(`it has more than ${SCHEMA_LIMITS.series} series`);
  }
  // After the count: in nothing but line feeds and little else it would be looked for for seconds.
  if (keys[0] === LINE_FEED || keys.includes('\n\n')) throw new CorruptFrame('a key is empty');
}

function metadataOf(bytes: Buffer): MetricMetadata[] {
  if (bytes.length > SCHEMA_LIMITS.metadataBytes) throw new CorruptFrame(`its metadata take ${bytes.length} bytes`);
  const json = bytes.toString('utf8');
  checkMetadata(json);
  const entries = JSON.parse(json) as [name: string, type: string, help: string, unit: string][];
  return entries.map(([name, type, help, unit]) => ({ name, type, help, unit }));
}

const TEXT = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
/** One entry of the metadata. */
const ENTRY = new RegExp(`\\[${TEXT}(?:,${TEXT}){3}\\]`, 'y');

/** Parsed first and looked at then, a list of empty lists would take forty times its bytes, and seconds. */
function checkMetadata(json: string): void {
  let entries = 0;
  let at = 1;
  while (json[at] !== ']' || json[at - 1] === ',') {
    ENTRY.lastIndex = at;
    if (!ENTRY.test(json)) throw new CorruptFrame('its metadata are no list of four texts each');
    if (++entries > SCHEMA_LIMITS.metrics)
      throw new CorruptFrame(`it has metadata of more than ${entries - 1} metrics`);
    at = ENTRY.lastIndex;
    if (json[at] === ',') at++;
  }
}
