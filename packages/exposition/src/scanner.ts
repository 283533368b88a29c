import { NEWLINE } from './byte-class.ts';
import { LimitError, ParseError } from './errors.ts';
import type { LimitName, ParseErrorCode } from './errors.ts';
import { LabelList } from './label-list.ts';
import { DEFAULT_PARSE_LIMITS } from './limits.ts';
import type { ResolvedParseLimits } from './limits.ts';

/** What a scanner found. Small integers, so that the hot loop switches on them cheaply. */
export const ENTRY_END = 0;
export const ENTRY_SAMPLE = 1;
export const ENTRY_HELP = 2;
export const ENTRY_TYPE = 3;
export const ENTRY_UNIT = 4;
export const ENTRY_COMMENT = 5;

/** Slots of {@link Scanner.numbers}. */
export const VALUE = 0;
export const EXEMPLAR_VALUE = 1;
export const SCRATCH = 2;
/** The timestamp of a sample as it stands in OpenMetrics. */
export const TIMESTAMP_SECONDS = 3;

/**
 * Where reading stands in one body, and the entry read last, as offsets into the body.
 *
 * One object for both formats and all entries: the functions that read stay monomorphic and allocate nothing.
 * All offsets are valid until the next entry is read.
 */
export class Scanner {
  limits: ResolvedParseLimits = DEFAULT_PARSE_LIMITS;
  isStrict = false;
  /** The body followed by one newline that is not part of it, so that every loop that looks for a newline ends. */
  body: Uint8Array = new Uint8Array(0);
  /** Length of the body without the newline after it. */
  end = 0;
  position = 0;
  /** First byte of the entry read last, blanks before it not counted. */
  entryStart = 0;
  /** Bytes of the longest entry so far. */
  longestLine = 0;

  // The metric name of a sample or of a metadata line, without its quotes.
  nameStart = 0;
  nameEnd = 0;
  nameFlags = 0;

  // A sample.
  readonly labels = new LabelList();
  /** Labels were sorted as written, apart from the metric name inside of the braces. */
  isSorted = true;
  /** First byte after the labels (after the brace) or after the name. */
  labelsEnd = 0;
  /** Name and labels are written exactly as in the canonical key. */
  isCanonical = false;
  readonly numbers = new Float64Array(4);
  valueStart = 0;
  valueEnd = 0;
  /** 0 when the sample has none. */
  timestampStart = 0;
  timestampEnd = 0;
  timestampMs = NaN;
  hasExemplar = false;
  readonly exemplarLabels = new LabelList();
  exemplarTimestampMs = NaN;

  // The text of a metadata line or comment.
  textStart = 0;
  textEnd = 0;

  /** Starts on a new body. `bytes[length]` must be a newline. */
  reset(bytes: Uint8Array, length: number, limits: ResolvedParseLimits, isStrict: boolean): void {
    this.limits = limits;
    this.isStrict = isStrict;
    this.body = bytes;
    this.end = length;
    this.position = 0;
    this.longestLine = 0;
  }

  /** Refuses the body at byte `offset`. */
  fail(code: ParseErrorCode, offset: number): never {
    const { line, column } = this.#place(offset);
    throw new ParseError(code, line, column);
  }

  /** Refuses the body for its size. */
  exceed(limit: LimitName, value: number, offset: number): never {
    const { line, column } = this.#place(offset);
    throw new LimitError(limit, value, line, column);
  }

  /** Lines are counted only here: a good body never pays for it. */
  #place(offset: number): { line: number; column: number } {
    const at = Math.min(offset, this.end);
    let line = 1;
    let lineStart = 0;
    for (let i = 0; i < at; i++) {
      if (this.body[i] === NEWLINE) {
        line++;
        lineStart = i + 1;
      }
    }
    return { line, column: at - lineStart + 1 };
  }
}
