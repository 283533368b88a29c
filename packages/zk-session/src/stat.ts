import type { StatRecord } from './client-library-types.ts';

/** What ZooKeeper knows about a znode besides its data. Transaction and session ids are unsigned 64-bit. */
export interface ZnodeStat {
  /** Transaction that created the node: a node that was deleted and made again has another one. */
  readonly czxid: bigint;
  /** Transaction that last changed the data. */
  readonly mzxid: bigint;
  /** Transaction that last changed the list of children. */
  readonly pzxid: bigint;
  /** Creation time in Unix milliseconds, by the leader's clock. */
  readonly ctimeMs: number;
  /** Time of the last data change in Unix milliseconds, by the leader's clock. */
  readonly mtimeMs: number;
  /** Number of data changes since creation; what `setData` and `remove` compare. */
  readonly version: number;
  /** Number of changes of the list of children. */
  readonly childrenVersion: number;
  /** Number of ACL changes. */
  readonly aclVersion: number;
  /** Session that owns the node; `0n` for a persistent one. */
  readonly ephemeralOwner: bigint;
  /** Bytes of data. */
  readonly dataLength: number;
  /** Number of children, not of what is below them. */
  readonly numChildren: number;
}

/** Reads the client library's record, in which every 64-bit number is a buffer. */
export function toZnodeStat(record: StatRecord): ZnodeStat {
  return {
    czxid: record.czxid.readBigUInt64BE(),
    mzxid: record.mzxid.readBigUInt64BE(),
    pzxid: record.pzxid.readBigUInt64BE(),
    ctimeMs: Number(record.ctime.readBigInt64BE()),
    mtimeMs: Number(record.mtime.readBigInt64BE()),
    version: record.version,
    childrenVersion: record.cversion,
    aclVersion: record.aversion,
    ephemeralOwner: record.ephemeralOwner.readBigUInt64BE(),
    dataLength: record.dataLength,
    numChildren: record.numChildren,
  };
}

/** Bytes of a stat on the wire. */
export const STAT_BYTES = 68;

/** Reads a stat as it stands on the wire. @throws RangeError when the bytes end before it does. */
export function readStat(bytes: Buffer, at: number): ZnodeStat {
  return {
    czxid: bytes.readBigUInt64BE(at),
    mzxid: bytes.readBigUInt64BE(at + 8),
    ctimeMs: Number(bytes.readBigInt64BE(at + 16)),
    mtimeMs: Number(bytes.readBigInt64BE(at + 24)),
    version: bytes.readInt32BE(at + 32),
    childrenVersion: bytes.readInt32BE(at + 36),
    aclVersion: bytes.readInt32BE(at + 40),
    ephemeralOwner: bytes.readBigUInt64BE(at + 44),
    dataLength: bytes.readInt32BE(at + 52),
    numChildren: bytes.readInt32BE(at + 56),
    pzxid: bytes.readBigUInt64BE(at + 60),
  };
}
