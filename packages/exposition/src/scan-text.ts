import { BRACE_OPEN, BYTE_CLASS, HASH, NAME_PART, NAME_START, NEWLINE, QUOTE, SPACE, TAB } from './byte-class.ts';
import { readUnsignedInteger } from './decimal.ts';
import { QUOTED } from './label-list.ts';
import { scanLabels, scanName, TEXT_LABELS } from './scan-labels.ts';
import { checkLineLength, readValue } from './scan-sample.ts';
import { ENTRY_COMMENT, ENTRY_END, ENTRY_HELP, ENTRY_SAMPLE, ENTRY_TYPE, VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { isValidUtf8 } from './utf8.ts';

/**
 * Reads the next entry of a body in the Prometheus text format 0.0.4, as Prometheus 3 reads it.
 * @returns what was read; the entry itself is in `scanner`.
 */
export function scanTextEntry(scanner: Scanner): number {
  const body = scanner.body;
  let p = scanner.position;
  for (;;) {
    const c = body[p];
    if (c === NEWLINE) {
      if (p >= scanner.end) return ENTRY_END;
      p++;
    } else if (c === SPACE || c === TAB) p++;
    else break;
  }
  scanner.entryStart = p;
  const c = body[p] ?? 0;
  if (c === HASH) return scanComment(scanner, p);
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
    p = skipBlanks(body, p);
    if (p !== scanner.labelsEnd && body[p] === BRACE_OPEN) scanner.isCanonical = false;
  }
  if (body[p] === BRACE_OPEN) {
    scanner.position = p + 1;
    scanLabels(scanner, scanner.labels, TEXT_LABELS);
    p = scanner.position;
    scanner.labelsEnd = p;
    if (scanner.nameEnd === 0) scanner.fail('missing_name', scanner.entryStart);
    p = skipBlanks(body, p);
  }
  return scanTextSuffix(scanner, p);
}

/** Reads value, timestamp and end of the line. */
export function scanTextSuffix(scanner: Scanner, start: number): number {
  const body = scanner.body;
  let p = start;
  for (let c = body[p]; c !== SPACE && c !== NEWLINE && c !== TAB && c !== BRACE_OPEN; c = body[p]) p++;
  if (p === start) scanner.fail('expected_value', p);
  readValue(scanner, start, p, VALUE);
  scanner.valueStart = start;
  scanner.valueEnd = p;
  scanner.timestampStart = 0;
  scanner.timestampMs = NaN;
  scanner.hasExemplar = false;
  if (body[p] !== NEWLINE) p = scanTextTimestamp(scanner, p);
  checkLineLength(scanner, p);
  if (scanner.isStrict && p >= scanner.end) scanner.fail('strict_syntax', p);
  scanner.position = p;
  return ENTRY_SAMPLE;
}

function scanTextTimestamp(scanner: Scanner, valueEnd: number): number {
  const body = scanner.body;
  const start = skipBlanks(body, valueEnd);
  if (body[start] === NEWLINE) {
    if (scanner.isStrict) scanner.fail('strict_syntax', valueEnd);
    return start;
  }
  let p = start;
  for (let c = body[p]; c !== SPACE && c !== NEWLINE && c !== TAB; c = body[p]) p++;
  const timestampMs = readUnsignedInteger(body, start, p);
  if (timestampMs < 0) scanner.fail('invalid_timestamp', start);
  scanner.timestampMs = timestampMs;
  scanner.timestampStart = start;
  scanner.timestampEnd = p;
  if (scanner.isStrict && body[p] !== NEWLINE) scanner.fail('strict_syntax', p);
  p = skipBlanks(body, p);
  if (body[p] !== NEWLINE) scanner.fail('trailing_data', p);
  return p;
}

/** A `#` line: metadata when the next word is HELP or TYPE with a blank after it, else a comment of any content. */
function scanComment(scanner: Scanner, hash: number): number {
  const body = scanner.body;
  const word = skipBlanks(body, hash + 1);
  const afterWord = word + 4;
  const isBlankAround = word > hash + 1 && (body[afterWord] === SPACE || body[afterWord] === TAB);
  if (isBlankAround && isWord(body, word, HELP)) return scanMetadata(scanner, afterWord, ENTRY_HELP);
  if (isBlankAround && isWord(body, word, TYPE)) return scanMetadata(scanner, afterWord, ENTRY_TYPE);
  const newline = endOfLine(scanner, hash);
  scanner.textStart = hash;
  scanner.textEnd = newline;
  return ENTRY_COMMENT;
}

function scanMetadata(scanner: Scanner, afterWord: number, entry: number): number {
  const body = scanner.body;
  let p = skipBlanks(body, afterWord);
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
  const newline = endOfLine(scanner, p);
  if (body[p] === 0) scanner.fail('invalid_metadata', p);
  // As in Prometheus, one byte of any kind but NUL separates name and text, so `# HELP a.b text` is the help of `a`.
  scanner.textStart = Math.min(p + 1, newline);
  scanner.textEnd = newline;
  if (entry === ENTRY_HELP) scanner.textStart = skipBlanks(body, scanner.textStart);
  if (scanner.isStrict && p !== newline && body[p] !== SPACE && body[p] !== TAB) scanner.fail('strict_syntax', p);
  if (entry === ENTRY_HELP && !isValidUtf8(body, scanner.textStart, newline)) {
    scanner.fail('invalid_utf8', scanner.textStart);
  }
  return entry;
}

/** Moves to the newline that ends this line. */
function endOfLine(scanner: Scanner, from: number): number {
  const newline = scanner.body.indexOf(NEWLINE, from);
  checkLineLength(scanner, newline);
  if (scanner.isStrict && newline >= scanner.end) scanner.fail('strict_syntax', newline);
  scanner.position = newline;
  return newline;
}

function checkNameLength(scanner: Scanner): void {
  if (scanner.nameEnd - scanner.nameStart > scanner.limits.maxLabelNameBytes) {
    scanner.exceed('label_name_bytes', scanner.limits.maxLabelNameBytes, scanner.nameStart);
  }
}

function skipBlanks(body: Uint8Array, from: number): number {
  let p = from;
  while (body[p] === SPACE || body[p] === TAB) p++;
  return p;
}

const HELP = Uint8Array.from('HELP', (character) => character.charCodeAt(0));
const TYPE = Uint8Array.from('TYPE', (character) => character.charCodeAt(0));

function isWord(body: Uint8Array, at: number, word: Uint8Array): boolean {
  return body[at] === word[0] && body[at + 1] === word[1] && body[at + 2] === word[2] && body[at + 3] === word[3];
}
