import { BRACE_OPEN, BYTE_CLASS, HASH, NAME_PART, NAME_START, NEWLINE, QUOTE, SPACE } from './byte-class.ts';
import { QUOTED } from './label-list.ts';
import { EXEMPLAR_LABELS, OPENMETRICS_LABELS, scanLabels, scanName } from './scan-labels.ts';
import { checkLineLength, readSeconds, readValue } from './scan-sample.ts';
import {
  ENTRY_END,
  ENTRY_HELP,
  ENTRY_SAMPLE,
  ENTRY_TYPE,
  ENTRY_UNIT,
  EXEMPLAR_VALUE,
  SCRATCH,
  TIMESTAMP_SECONDS,
  VALUE,
} from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { isValidUtf8 } from './utf8.ts';

/**
 * Reads the next entry of a body in the OpenMetrics 1.0 text format, as Prometheus 3 reads it.
 * @returns what was read; the entry itself is in `scanner`.
 */
export function scanOpenMetricsEntry(scanner: Scanner): number {
  const body = scanner.body;
  let p = scanner.position;
  scanner.entryStart = p;
  if (p >= scanner.end) {
    // An empty body is a scrape without samples, as in Prometheus; the specification wants # EOF all the same.
    if (scanner.end === 0 && !scanner.isStrict) return ENTRY_END;
    scanner.fail('missing_eof', p);
  }
  const c = body[p] ?? 0;
  if (c === HASH) return scanMetadata(scanner, p);
  scanner.labels.clear();
  scanner.isSorted = true;
  scanner.nameFlags = 0;
  scanner.nameEnd = 0;
  scanner.isCanonical = true;
  if (c === BRACE_OPEN) {
    scanner.isCanonical = false;
  } else {
    if (((BYTE_CLASS[c] ?? 0) & NAME_START) === 0) scanner.fail('invalid_start', p);
    scanner.nameStart = p;
    do p++;
    while (((BYTE_CLASS[body[p] ?? 0] ?? 0) & NAME_PART) !== 0);
    scanner.nameEnd = p;
    checkNameLength(scanner);
    scanner.labelsEnd = p;
  }
  if (body[p] === BRACE_OPEN) {
    scanner.position = p + 1;
    scanLabels(scanner, scanner.labels, OPENMETRICS_LABELS);
    p = scanner.position;
    scanner.labelsEnd = p;
    if (scanner.nameEnd === 0) scanner.fail('missing_name', scanner.entryStart);
  }
  return scanOpenMetricsSuffix(scanner, p);
}

/** Reads ` value[ timestamp][ # exemplar]` and the newline. Each blank is exactly one space. */
export function scanOpenMetricsSuffix(scanner: Scanner, start: number): number {
  const body = scanner.body;
  let p = endOfToken(scanner, start, 'expected_value');
  scanner.valueStart = start + 1;
  scanner.valueEnd = p;
  readValue(scanner, start + 1, p, VALUE);
  scanner.timestampStart = 0;
  scanner.timestampMs = NaN;
  scanner.hasExemplar = false;
  if (body[p] === SPACE && !isExemplarMark(body, p)) {
    const timestamp = p + 1;
    p = endOfToken(scanner, p, 'invalid_timestamp');
    scanner.timestampMs = readSeconds(scanner, timestamp, p);
    scanner.numbers[TIMESTAMP_SECONDS] = scanner.numbers[SCRATCH] ?? NaN;
    scanner.timestampStart = timestamp;
    scanner.timestampEnd = p;
  }
  if (isExemplarMark(body, p)) p = scanExemplar(scanner, p + EXEMPLAR_MARK.length);
  if (body[p] !== NEWLINE) scanner.fail('trailing_data', p);
  checkLineLength(scanner, p);
  // The newline after the body is not part of it, and a sample without a newline leaves no room for # EOF.
  if (p >= scanner.end) scanner.fail('missing_eof', p);
  scanner.position = p + 1;
  return ENTRY_SAMPLE;
}

/** Reads an exemplar from after its opening brace. */
function scanExemplar(scanner: Scanner, start: number): number {
  const body = scanner.body;
  // The labels of an exemplar must not disturb what was noted about the labels of its sample.
  const { isSorted, isCanonical } = scanner;
  scanner.position = start;
  scanLabels(scanner, scanner.exemplarLabels, EXEMPLAR_LABELS);
  scanner.isSorted = isSorted;
  scanner.isCanonical = isCanonical;
  let p = scanner.position;
  const value = p + 1;
  p = endOfToken(scanner, p, 'invalid_exemplar');
  readValue(scanner, value, p, EXEMPLAR_VALUE);
  scanner.exemplarTimestampMs = NaN;
  if (body[p] === SPACE) {
    const timestamp = p + 1;
    p = endOfToken(scanner, p, 'invalid_exemplar');
    scanner.exemplarTimestampMs = readSeconds(scanner, timestamp, p);
  }
  scanner.hasExemplar = true;
  return p;
}

/** Reads one space and a token after it. @returns the end of the token. */
function endOfToken(
  scanner: Scanner,
  space: number,
  code: 'expected_value' | 'invalid_timestamp' | 'invalid_exemplar',
): number {
  const body = scanner.body;
  if (body[space] !== SPACE) scanner.fail(code, space);
  let p = space + 1;
  while (body[p] !== SPACE && body[p] !== NEWLINE) p++;
  if (p === space + 1) scanner.fail(code, p);
  return p;
}

const EXEMPLAR_MARK = Uint8Array.from(' # {', (character) => character.charCodeAt(0));

function isExemplarMark(body: Uint8Array, at: number): boolean {
  return body[at] === SPACE && body[at + 1] === HASH && body[at + 2] === SPACE && body[at + 3] === BRACE_OPEN;
}

const METADATA_WORDS: readonly (readonly [word: string, entry: number])[] = [
  ['# HELP ', ENTRY_HELP],
  ['# TYPE ', ENTRY_TYPE],
  ['# UNIT ', ENTRY_UNIT],
];
const EOF = '# EOF';

function scanMetadata(scanner: Scanner, start: number): number {
  for (const [word, entry] of METADATA_WORDS) {
    if (startsWith(scanner.body, start, word)) return scanMetadataOf(scanner, start + word.length, entry);
  }
  if (!startsWith(scanner.body, start, EOF)) scanner.fail('invalid_metadata', start);
  const after = start + EOF.length;
  const isLast = after === scanner.end || (after + 1 === scanner.end && scanner.body[after] === NEWLINE);
  if (!isLast) scanner.fail('data_after_eof', after);
  scanner.position = scanner.end;
  return ENTRY_END;
}

/** Reads `name text` of a metadata line. The text may be empty, the space before it may not be missing. */
function scanMetadataOf(scanner: Scanner, start: number, entry: number): number {
  const body = scanner.body;
  let p = start;
  scanner.nameFlags = 0;
  if (body[p] === QUOTE) {
    scanner.nameFlags = scanName(scanner, p, true) | QUOTED;
    scanner.nameStart = p + 1;
    p = scanner.position;
    scanner.nameEnd = p - 1;
    if (scanner.nameStart === scanner.nameEnd) scanner.fail('invalid_name', p);
  } else {
    if (((BYTE_CLASS[body[p] ?? 0] ?? 0) & NAME_START) === 0) scanner.fail('invalid_metadata', p);
    scanner.nameStart = p;
    do p++;
    while (((BYTE_CLASS[body[p] ?? 0] ?? 0) & NAME_PART) !== 0);
    scanner.nameEnd = p;
  }
  checkNameLength(scanner);
  if (body[p] !== SPACE) scanner.fail('invalid_metadata', p);
  const newline = body.indexOf(NEWLINE, p);
  checkLineLength(scanner, newline);
  if (newline >= scanner.end) scanner.fail('missing_eof', newline);
  scanner.textStart = p + 1;
  scanner.textEnd = newline;
  if (entry !== ENTRY_TYPE && !isValidUtf8(body, p + 1, newline)) scanner.fail('invalid_utf8', p + 1);
  if (entry === ENTRY_UNIT) checkUnit(scanner);
  scanner.position = newline + 1;
  return entry;
}

/** A unit is the last part of the name of its family, after an underscore. */
function checkUnit(scanner: Scanner): void {
  const body = scanner.body;
  const length = scanner.textEnd - scanner.textStart;
  if (length === 0) return;
  const suffix = scanner.nameEnd - length;
  let matches = suffix > scanner.nameStart && body[suffix - 1] === UNDERSCORE;
  for (let i = 0; i < length && matches; i++) matches = body[suffix + i] === body[scanner.textStart + i];
  if (!matches) scanner.fail('invalid_unit', scanner.textStart);
}

const UNDERSCORE = 95;

function checkNameLength(scanner: Scanner): void {
  if (scanner.nameEnd - scanner.nameStart > scanner.limits.maxLabelNameBytes) {
    scanner.exceed('label_name_bytes', scanner.limits.maxLabelNameBytes, scanner.nameStart);
  }
}

function startsWith(body: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (body[at + i] !== word.charCodeAt(i)) return false;
  return true;
}
