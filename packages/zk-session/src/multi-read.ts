import type { ReadOutcome } from './bulk-read.ts';
import { ZkError } from './errors.ts';
import { readStat, STAT_BYTES, type ZnodeStat } from './stat.ts';

/** ZooKeeper's number for it, since 3.6; the client library does not know it. */
export const MULTI_READ = 22;

/** What is read of each node, by ZooKeeper's numbers. */
const STEPS = { data: 4, children: 8 } as const;
export type StepKind = keyof typeof STEPS;

const FAILED = -1;
const END = -1;
/** Of each step: its kind (4), whether it is the end (1), an error code (4). */
const STEP_BYTES = 9;
const LENGTH_BYTES = 4;
const WATCH_BYTES = 1;

/**
 * The payload of one request for the data or the children of several nodes. Of none a watch is set: the server does not take
 * one here.
 *
 * @param serverPaths - as the server knows them.
 */
export function encodeMultiRead(serverPaths: readonly string[], kind: StepKind): Buffer {
  let size = STEP_BYTES;
  for (const path of serverPaths) size += STEP_BYTES + LENGTH_BYTES + Buffer.byteLength(path) + WATCH_BYTES;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const path of serverPaths) {
    at = writeStep(bytes, at, STEPS[kind], false);
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
 * Reads the payload of an answer about data: what became of each node, in the order of the request. Data are views of `bytes`.
 *
 * @throws RangeError for bytes that are no such answer, or one about another number of nodes.
 */
export function decodeData(bytes: Buffer, paths: readonly string[]): ReadOutcome<DataAndStat>[] {
  return decode(bytes, paths, STEPS.data, (at) => {
    // A node that nobody has set data of has the length −1.
    const end = at + LENGTH_BYTES + Math.max(0, bytes.readInt32BE(at));
    const value = { data: bytes.subarray(at + LENGTH_BYTES, end), stat: readStat(bytes, end) };
    return { value, end: end + STAT_BYTES };
  });
}

/** As {@link decodeData}, of an answer about children: their names. */
export function decodeChildren(bytes: Buffer, paths: readonly string[]): ReadOutcome<string[]>[] {
  return decode(bytes, paths, STEPS.children, (start) => {
    const count = bytes.readInt32BE(start);
    const value: string[] = [];
    let at = start + LENGTH_BYTES;
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readInt32BE(at);
      const end = at + LENGTH_BYTES + length;
      if (length < 0 || end > bytes.length) throw new RangeError(`a name of ${length} bytes is none`);
      value.push(bytes.toString('utf8', at + LENGTH_BYTES, end));
      at = end;
    }
    return { value, end: at };
  });
}

interface DataAndStat {
  readonly data: Uint8Array;
  readonly stat: ZnodeStat;
}

function decode<T>(
  bytes: Buffer,
  paths: readonly string[],
  expected: number,
  read: (at: number) => { readonly value: T; readonly end: number },
): ReadOutcome<T>[] {
  let at = 0;
  const outcomes = paths.map((path): ReadOutcome<T> => {
    const kind = bytes.readInt32BE(at);
    at += STEP_BYTES;
    if (kind === FAILED) {
      const error = ZkError.ofServerCode(bytes.readInt32BE(at), path);
      at += LENGTH_BYTES;
      return { error };
    }
    if (kind !== expected) throw new RangeError(`a step of kind ${kind} was not asked for`);
    const { value, end } = read(at);
    at = end;
    return { value };
  });
  if (bytes.readInt32BE(at) !== END || at + STEP_BYTES !== bytes.length) {
    throw new RangeError(`the answer about ${paths.length} nodes has ${bytes.length} bytes, and does not end at ${at}`);
  }
  return outcomes;
}
