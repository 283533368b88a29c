import { failureReasonCode, failureReasonOfCode, type ScrapeReport } from '@pulsekeeper/model';
import { CorruptFrame } from '../errors.ts';
import type { ByteWriter } from './byte-writer.ts';
import { ByteCursor, putBytes, putSignedVarint, putText, putVarint } from './varint.ts';

/** Version of the frame format, the high half of every frame's first byte. */
export const FRAME_VERSION = 1;

/** What a frame is, the low half of its first byte. */
export const FRAME_KIND = { key: 1, delta: 2, failure: 3, end: 4 } as const;
export type FrameKind = keyof typeof FRAME_KIND;

const KIND_OF_CODE = new Map<number, FrameKind>(
  Object.entries(FRAME_KIND).map(([kind, code]) => [code, kind as FrameKind]),
);

const FLAG = {
  timestamp: 0x01,
  postRelabel: 0x02,
  seriesAdded: 0x04,
  attempts: 0x08,
  failure: 0x10,
  collector: 0x20,
  schemas: 0x40,
  sampleTimestamps: 0x80,
} as const;

/** Set in the second byte of a frame whose header holds why the scrape failed, or the name of a collector. */
export const FAILURE_FLAG = FLAG.failure;
export const COLLECTOR_FLAG = FLAG.collector;

const SCHEMA_ID_BYTES = 16;
/** More column tables than this in one frame are taken for corruption. */
const MOST_SCHEMAS = 1024;

/** What can be told of a frame without those before it. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly timestampMs: number;
  /** Slots back to the key frame of the chain; 0 in a key frame, and in a failure that belongs to no chain. */
  readonly keyDistance: number;
  /** Which frame with samples of its chain this is, from 0, the key frame. 0 for failures. */
  readonly chainIndex: number;
  readonly report: ScrapeReport;
  readonly collector: string | undefined;
  /** Key frame: the lists of series that make its columns. Delta: lists whose columns come behind those there are. */
  readonly schemaIds: readonly string[];
  readonly hasSampleTimestamps: boolean;
}

const NO_IDS: readonly string[] = [];

/** The mark that a target left has only a slot. */
const EMPTY_REPORT: ScrapeReport = {
  up: false,
  durationSeconds: 0,
  samplesScraped: 0,
  samplesPostRelabel: 0,
  seriesAdded: 0,
  attempts: 0,
  bodyBytes: 0,
};

export function putFrameHeader(writer: ByteWriter, header: FrameHeader): void {
  writer.reserve(2);
  writer.bytes[writer.position++] = (FRAME_VERSION << 4) | FRAME_KIND[header.kind];
  if (header.kind === 'end') return;
  const { report } = header;
  const offsetMs = header.timestampMs - header.slotMs;
  const flags =
    (offsetMs === 0 ? 0 : FLAG.timestamp) |
    (report.samplesPostRelabel === report.samplesScraped ? 0 : FLAG.postRelabel) |
    (report.seriesAdded === 0 ? 0 : FLAG.seriesAdded) |
    (report.attempts === 1 ? 0 : FLAG.attempts) |
    (report.up ? 0 : FLAG.failure) |
    (header.collector === undefined ? 0 : FLAG.collector) |
    (header.schemaIds.length === 0 ? 0 : FLAG.schemas) |
    (header.hasSampleTimestamps ? FLAG.sampleTimestamps : 0);
  writer.bytes[writer.position++] = flags;
  putVarint(writer, header.intervalMs);
  if (offsetMs !== 0) putSignedVarint(writer, offsetMs);
  if (header.kind !== 'key') putVarint(writer, header.keyDistance);
  if (header.kind === 'delta') putVarint(writer, header.chainIndex);
  putVarint(writer, Math.round(report.durationSeconds * 1e6));
  putVarint(writer, report.samplesScraped);
  if ((flags & FLAG.postRelabel) !== 0) putVarint(writer, report.samplesPostRelabel);
  if ((flags & FLAG.seriesAdded) !== 0) putVarint(writer, report.seriesAdded);
  if ((flags & FLAG.attempts) !== 0) putVarint(writer, report.attempts);
  putVarint(writer, report.bodyBytes);
  if (!report.up) {
    putVarint(writer, failureReasonCode(report.failure?.reason ?? 'internal'));
    putText(writer, report.failure?.message ?? '');
  }
  if (header.collector !== undefined) putText(writer, header.collector);
  if (header.schemaIds.length > 0) {
    putVarint(writer, header.schemaIds.length);
    for (const id of header.schemaIds) putBytes(writer, Buffer.from(id, 'hex'));
  }
}

/**
 * Reads a frame's header; the cursor is left at the columns. `slotMs` comes from the entry's id.
 *
 * @throws CorruptFrame
 */
export function takeFrameHeader(cursor: ByteCursor, slotMs: number): FrameHeader {
  return takeHeader(cursor, slotMs, PARTS.schemas);
}

/** How far a header is read: its numbers, and the texts and lists up to a part, in the order of the bytes. */
export type HeaderPart = keyof typeof PARTS;

const PARTS = { numbers: 0, failure: 1, collector: 2, schemas: 3 } as const;

/** So many bytes hold the numbers of every header. */
export const FRAME_HEAD_BYTES = 64;

/**
 * What the begin of a frame tells: its header up to a part. The first {@link FRAME_HEAD_BYTES} tell the numbers, so no message why
 * it failed, no collector and no lists of series; nor need there be more bytes for a part that the frame lacks.
 *
 * @throws CorruptFrame
 */
export function readFrameHead(bytes: Uint8Array, slotMs: number, upTo: HeaderPart = 'numbers'): FrameHeader {
  return takeHeader(new ByteCursor(bytes), slotMs, PARTS[upTo]);
}

function takeHeader(cursor: ByteCursor, slotMs: number, upTo: number): FrameHeader {
  const first = cursor.byte();
  const version = first >>> 4;
  if (version !== FRAME_VERSION) throw new CorruptFrame(`version ${version} of frames is not known`);
  const kind = KIND_OF_CODE.get(first & 0xf);
  if (kind === undefined) throw new CorruptFrame(`kind ${first & 0xf} of frames is not known`);
  if (kind === 'end') return endHeader(slotMs);
  const flags = cursor.byte();
  const intervalMs = cursor.varint();
  if (intervalMs === 0) throw new CorruptFrame('an interval is 0');
  const timestampMs = slotMs + ((flags & FLAG.timestamp) === 0 ? 0 : cursor.signedVarint());
  const keyDistance = kind === 'key' ? 0 : cursor.varint();
  const chainIndex = kind === 'delta' ? cursor.varint() : 0;
  const report = takeReport(cursor, flags, upTo >= PARTS.failure);
  const collector = upTo >= PARTS.collector && (flags & FLAG.collector) !== 0 ? cursor.text() : undefined;
  const schemaIds = upTo >= PARTS.schemas && (flags & FLAG.schemas) !== 0 ? takeSchemaIds(cursor) : NO_IDS;
  const hasSampleTimestamps = (flags & FLAG.sampleTimestamps) !== 0;
  return {
    kind,
    slotMs,
    intervalMs,
    timestampMs,
    keyDistance,
    chainIndex,
    report,
    collector,
    schemaIds,
    hasSampleTimestamps,
  };
}

export function endHeader(slotMs: number): FrameHeader {
  return {
    kind: 'end',
    slotMs,
    intervalMs: 0,
    timestampMs: slotMs,
    keyDistance: 0,
    chainIndex: 0,
    report: EMPTY_REPORT,
    collector: undefined,
    schemaIds: NO_IDS,
    hasSampleTimestamps: false,
  };
}

/** A header from the whole bytes of a frame. */
export function readFrameHeader(bytes: Uint8Array, slotMs: number): FrameHeader {
  return takeFrameHeader(new ByteCursor(bytes), slotMs);
}

function takeReport(cursor: ByteCursor, flags: number, withFailure: boolean): ScrapeReport {
  const durationSeconds = cursor.varint() / 1e6;
  const samplesScraped = cursor.varint();
  const samplesPostRelabel = (flags & FLAG.postRelabel) === 0 ? samplesScraped : cursor.varint();
  const seriesAdded = (flags & FLAG.seriesAdded) === 0 ? 0 : cursor.varint();
  const attempts = (flags & FLAG.attempts) === 0 ? 1 : cursor.varint();
  const bodyBytes = cursor.varint();
  if ((flags & FLAG.failure) === 0) {
    // Written out: spreading the counts takes as long as all the rest, and a range has thousands of headers.
    return { up: true, durationSeconds, samplesScraped, samplesPostRelabel, seriesAdded, attempts, bodyBytes };
  }
  const counts = { durationSeconds, samplesScraped, samplesPostRelabel, seriesAdded, attempts, bodyBytes };
  if (!withFailure) return { up: false, ...counts };
  const reason = failureReasonOfCode(cursor.varint());
  return { up: false, failure: { reason, message: cursor.text() }, ...counts };
}

function takeSchemaIds(cursor: ByteCursor): string[] {
  const count = cursor.varint();
  if (count > MOST_SCHEMAS) throw new CorruptFrame(`a frame names ${count} schemas`);
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const bytes = cursor.take(SCHEMA_ID_BYTES);
    ids.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'));
  }
  return ids;
}
