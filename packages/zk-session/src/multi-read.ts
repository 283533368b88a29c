import type { ReadOutcome } from './bulk-read.ts';
import { ZkError } from './errors.ts';
import { readStat, STAT_BYTES, type ZnodeStat } from './stat.ts';

/** ZooKeeper's number for it, since 3.6; the client library does not know it. */
export const MULTI_READ = 22;

const GET_DATA = 4;
const FAILED = -1;
const END = -1;
/** Of each step: its kind (4), whether it is the end (1), an error code (4). */
const STEP_BYTES = 9;
const LENGTH_BYTES = 4;
const WATCH_BYTES = 1;

/**
 * The payload of one request for the data of several nodes. Of none a watch is set: the server does not take one here.
 *
 * @param serverPaths - as the server knows them.
 */
export function encodeMultiRead(serverPaths: readonly string[]): Buffer {
  let size = STEP_BYTES;
  for (const path of serverPaths) size += STEP_BYTES + LENGTH_BYTES + Buffer.byteLength(path) + WATCH_BYTES;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const path of serverPaths) {
    at = writeStep(bytes, at, GET_DATA, false);
    const length = bytes.write(path, at + LENGTH_BYTES);
    at = bytes.writeInt32BE(length, at) + length;
    at = bytes.writeUInt8(0, at);
  }
  writeStep(bytes, at, END, true);
  return bytes;
}

function writeStep(bytes: Buffer, start: number, kind: number, isEnd: boolean): number {
  const at = bytes.writeUInt8(isEnd ? 1 : 0, bytes.writeInt32BE(kind, start));
  return bytes.writeInt32BE(-1, at);
}

/**
 * Reads the payload of the answer: what became of each node, in the order of the request. Data are views of `bytes`.
 *
 * @throws RangeError for bytes that are no such answer, or one about another number of nodes.
 */
export function decodeMultiRead(
  bytes: Buffer,
  paths: readonly string[],
): ReadOutcome<{ data: Uint8Array; stat: ZnodeStat }>[] {
  let at = 0;
  const outcomes = paths.map((path) => {
    const kind = bytes.readInt32BE(at);
    at += STEP_BYTES;
    if (kind === FAILED) {
      const error = ZkError.ofServerCode(bytes.readInt32BE(at), path);
      at += LENGTH_BYTES;
      return { error };
    }
    if (kind !== GET_DATA) throw new RangeError(`a step of kind ${kind} was not asked for`);
    // A node that nobody has set data of has the length −1.
    const end = at + LENGTH_BYTES + Math.max(0, bytes.readInt32BE(at));
    const data = bytes.subarray(at + LENGTH_BYTES, end);
    const stat = readStat(bytes, end);
    at = end + STAT_BYTES;
    return { value: { data, stat } };
  });
  if (bytes.readInt32BE(at) !== END || at + STEP_BYTES !== bytes.length) {
    throw new RangeError(`the answer about ${paths.length} nodes has ${bytes.length} bytes, and does not end at ${at}`);
  }
  return outcomes;
}
