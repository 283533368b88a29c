import {
  BACKSLASH,
  BRACE_CLOSE,
  BYTE_CLASS,
  COMMA,
  EQUALS,
  LABEL_PART,
  LABEL_START,
  LOWER_N,
  NEWLINE,
  QUOTE,
  SPACE,
  TAB,
} from './byte-class.ts';
import { decodeString, ESCAPED, NOT_ASCII, NOT_CANONICAL, QUOTED } from './label-list.ts';
import type { LabelList } from './label-list.ts';
import type { Scanner } from './scanner.ts';
import { isValidUtf8 } from './utf8.ts';

/** How the inside of braces is read. */
export interface LabelDialect {
  /** Blanks between tokens, missing commas and raw newlines in values are taken, as Prometheus does in its text format. */
  readonly isLoose: boolean;
  /** A quoted string on its own is the metric name. */
  readonly allowsMetricName: boolean;
}

export const TEXT_LABELS: LabelDialect = { isLoose: true, allowsMetricName: true };
export const OPENMETRICS_LABELS: LabelDialect = { isLoose: false, allowsMetricName: true };
export const EXEMPLAR_LABELS: LabelDialect = { isLoose: false, allowsMetricName: false };

/**
 * Reads labels from the byte after `{` into `list`, sorted by name, and leaves `scanner.position` after `}`.
 * A metric name among them goes to `scanner.nameStart` and so on; `nameEnd` 0 says that there was none before.
 * Also sets `scanner.isSorted`, and clears `scanner.isCanonical` when the text differs from the canonical key's.
 */
export function scanLabels(scanner: Scanner, list: LabelList, dialect: LabelDialect): void {
  const body = scanner.body;
  const isLoose = dialect.isLoose;
  // Labels of exemplars make no series.
  const isSample = dialect !== EXEMPLAR_LABELS;
  const open = scanner.position - 1;
  list.clear();
  let p = isLoose ? skipBlanks(scanner, scanner.position) : scanner.position;
  while (body[p] !== BRACE_CLOSE) {
    let nameStart = p;
    let nameEnd;
    let nameFlags = 0;
    if (body[p] === QUOTE) {
      nameFlags = scanName(scanner, p, isLoose || dialect.allowsMetricName) | QUOTED;
      nameStart = p + 1;
      nameEnd = scanner.position - 1;
      p = scanner.position;
      scanner.isCanonical = false;
    } else {
      if (((BYTE_CLASS[body[p] ?? 0] ?? 0) & LABEL_START) === 0) scanner.fail('expected_label_name', p);
      do p++;
      while (((BYTE_CLASS[body[p] ?? 0] ?? 0) & LABEL_PART) !== 0);
      nameEnd = p;
    }
    if (nameEnd - nameStart > scanner.limits.maxLabelNameBytes) {
      scanner.exceed('label_name_bytes', scanner.limits.maxLabelNameBytes, nameStart);
    }
    if (isLoose) p = skipBlanks(scanner, p);
    if (nameFlags !== 0 && (body[p] === COMMA || body[p] === BRACE_CLOSE)) {
      if (!dialect.allowsMetricName) scanner.fail('expected_equals', p);
      if (scanner.nameEnd !== 0) scanner.fail('name_already_set', nameStart);
      if (nameStart === nameEnd) scanner.fail('invalid_name', nameStart);
      scanner.nameStart = nameStart;
      scanner.nameEnd = nameEnd;
      scanner.nameFlags = nameFlags;
      if (body[p] === COMMA) {
        p = isLoose ? skipBlanks(scanner, p + 1) : p + 1;
        if (body[p] === BRACE_CLOSE) trailingComma(scanner, p);
      }
      continue;
    }
    if (body[p] !== EQUALS) scanner.fail('expected_equals', p);
    if (nameStart === nameEnd) scanner.fail('invalid_name', nameStart);
    if ((isSample || scanner.isStrict) && isReservedName(body, nameStart, nameEnd))
      scanner.fail('reserved_label', nameStart);
    p = isLoose ? skipBlanks(scanner, p + 1) : p + 1;
    if (body[p] !== QUOTE) scanner.fail('expected_label_value', p);
    const valueFlags = scanString(scanner, p, isLoose);
    const valueStart = p + 1;
    const valueEnd = scanner.position - 1;
    if (valueEnd - valueStart > scanner.limits.maxLabelValueBytes) {
      scanner.exceed('label_value_bytes', scanner.limits.maxLabelValueBytes, valueStart);
    }
    if (isSample && list.length >= scanner.limits.maxLabels)
      scanner.exceed('labels', scanner.limits.maxLabels, nameStart);
    list.push(nameStart, nameEnd, nameFlags, valueStart, valueEnd, valueFlags);
    p = isLoose ? skipBlanks(scanner, scanner.position) : scanner.position;
    if (body[p] === COMMA) {
      p = isLoose ? skipBlanks(scanner, p + 1) : p + 1;
      if (body[p] === BRACE_CLOSE) trailingComma(scanner, p);
    } else if (body[p] !== BRACE_CLOSE) {
      if (!isLoose) scanner.fail('expected_comma', p);
      if (scanner.isStrict) scanner.fail('strict_syntax', p);
      scanner.isCanonical = false;
    }
  }
  scanner.position = p + 1;
  finishList(scanner, list, open, isSample || scanner.isStrict);
}

/** A trailing comma is taken as Prometheus takes it; the grammar of OpenMetrics has none. */
function trailingComma(scanner: Scanner, brace: number): void {
  if (scanner.isStrict) scanner.fail('strict_syntax', brace);
  scanner.isCanonical = false;
}

function finishList(scanner: Scanner, list: LabelList, open: number, isUnique: boolean): void {
  const body = scanner.body;
  scanner.isSorted = list.sort(body);
  const duplicate = isUnique ? list.firstDuplicate(body) : -1;
  if (duplicate !== -1) scanner.fail('duplicate_label', list.nameStart(duplicate));
  if (isUnique && (list.nameFlags & (ESCAPED | NOT_CANONICAL)) !== 0) refuseEscapedDuplicates(scanner, list);
  if (list.length === 0 || !scanner.isSorted || list.hasEmptyValue || (list.valueFlags & NOT_CANONICAL) !== 0) {
    scanner.isCanonical = false;
  }
  if (scanner.position - open > scanner.limits.maxLineBytes) {
    scanner.exceed('line_bytes', scanner.limits.maxLineBytes, open);
  }
}

/** Two spellings of one name differ in their bytes, so those are compared decoded. */
function refuseEscapedDuplicates(scanner: Scanner, list: LabelList): void {
  const seen = new Map<string, number>();
  for (let i = 0; i < list.length; i++) {
    const start = list.nameStart(i);
    const name = decodeString(scanner.body, start, list.nameEnd(i), list.flagsOfName(i));
    const other = seen.get(name);
    if (other !== undefined) scanner.fail('duplicate_label', Math.max(start, other));
    seen.set(name, start);
  }
}

/** First byte at or after `p` that is neither space nor tab. */
function skipBlanks(scanner: Scanner, p: number): number {
  const body = scanner.body;
  if (body[p] !== SPACE && body[p] !== TAB) return p;
  scanner.isCanonical = false;
  do p++;
  while (body[p] === SPACE || body[p] === TAB);
  return p;
}

/**
 * Reads a quoted name as {@link scanString} reads a value. NUL, which values may hold, is refused, as in Prometheus.
 * @returns its flags
 */
export function scanName(scanner: Scanner, quote: number, allowsNewline: boolean): number {
  const flags = scanString(scanner, quote, allowsNewline);
  const { body, position } = scanner;
  for (let p = quote + 1; p < position; p++) if (body[p] === 0) scanner.fail('invalid_name', p);
  return flags;
}

/**
 * Reads a quoted string that starts at `quote` and leaves `scanner.position` after its closing quote.
 * @returns its flags, as named in label-list.ts.
 */
export function scanString(scanner: Scanner, quote: number, allowsNewline: boolean): number {
  const body = scanner.body;
  let flags = 0;
  let p = quote + 1;
  for (;;) {
    const c = body[p] ?? 0;
    if (c === QUOTE) break;
    if (c === BACKSLASH) {
      const escaped = body[p + 1] ?? 0;
      if (escaped === NEWLINE) scanner.fail('invalid_string', p);
      flags |= ESCAPED;
      if (escaped !== BACKSLASH && escaped !== QUOTE && escaped !== LOWER_N) flags |= NOT_CANONICAL;
      p += 2;
    } else if (c === NEWLINE) {
      if (!allowsNewline || p >= scanner.end) scanner.fail('invalid_string', quote);
      flags |= NOT_CANONICAL;
      p++;
    } else {
      if (c > 127) flags |= NOT_ASCII;
      p++;
    }
  }
  if ((flags & NOT_ASCII) !== 0 && !isValidUtf8(body, quote + 1, p)) scanner.fail('invalid_utf8', quote);
  scanner.position = p + 1;
  return flags;
}

const RESERVED = Uint8Array.from('__name__', (character) => character.charCodeAt(0));

function isReservedName(body: Uint8Array, start: number, end: number): boolean {
  if (end - start !== RESERVED.length) return false;
  for (let i = 0; i < RESERVED.length; i++) if (body[start + i] !== RESERVED[i]) return false;
  return true;
}
