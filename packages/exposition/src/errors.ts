/** Why a body was refused. Append only: the codes show up in metrics and logs of others. */
export type ParseErrorCode =
  | 'invalid_start'
  | 'invalid_name'
  | 'missing_name'
  | 'name_already_set'
  | 'expected_label_name'
  | 'expected_equals'
  | 'expected_label_value'
  | 'expected_comma'
  | 'invalid_string'
  | 'invalid_utf8'
  | 'reserved_label'
  | 'duplicate_label'
  | 'expected_value'
  | 'invalid_value'
  | 'value_out_of_range'
  | 'invalid_timestamp'
  | 'trailing_data'
  | 'invalid_metadata'
  | 'invalid_type'
  | 'invalid_unit'
  | 'invalid_exemplar'
  | 'missing_eof'
  | 'data_after_eof'
  | 'strict_syntax'
  | 'strict_metadata'
  | 'strict_sample_name'
  | 'strict_sample_value'
  | 'strict_labels'
  | 'strict_exemplar'
  | 'strict_order'
  | 'strict_histogram';

/** Which limit a body went over. */
export type LimitName =
  'samples' | 'labels' | 'label_name_bytes' | 'label_value_bytes' | 'line_bytes' | 'metric_families';

/** Base of everything that parsing can throw. Neither kind is worth a retry: the same bytes give the same answer. */
export abstract class ExpositionError extends Error {
  abstract readonly code: ParseErrorCode | 'limit_exceeded';
  readonly retryable = false;
  /** Line of the body at which reading stopped, from 1. */
  readonly line: number;
  /** Byte within that line, from 1. */
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`${message} at line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }
}

/**
 * The body is not what its format allows. A scrape is all or nothing, so one bad line refuses the whole body.
 * The message never quotes the body: what a target sends is not to be trusted with a log line.
 */
export class ParseError extends ExpositionError {
  override readonly name = 'ParseError';
  override readonly code: ParseErrorCode;

  constructor(code: ParseErrorCode, line: number, column: number) {
    super(PARSE_ERROR_TEXT[code], line, column);
    this.code = code;
  }
}

/** The body is larger than a limit allows; `limit` is a stable name fit for a metric label. */
export class LimitError extends ExpositionError {
  override readonly name = 'LimitError';
  override readonly code = 'limit_exceeded';
  readonly limit: LimitName;
  /** The value that the limit has. */
  readonly value: number;

  constructor(limit: LimitName, value: number, line: number, column: number) {
    super(`more than ${value} ${limit.replaceAll('_', ' ')}`, line, column);
    this.limit = limit;
    this.value = value;
  }
}

const PARSE_ERROR_TEXT: Readonly<Record<ParseErrorCode, string>> = {
  invalid_start: 'a line starts with something that is neither a metric name nor a comment',
  invalid_name: 'a metric or label name is empty',
  missing_name: 'a sample has labels but no metric name',
  name_already_set: 'a sample has two metric names',
  expected_label_name: 'expected a label name',
  expected_equals: 'expected = after a label name',
  expected_label_value: 'expected a quoted label value',
  expected_comma: 'expected a comma or } after a label value',
  invalid_string: 'a quoted string does not end or has an invalid escape',
  invalid_utf8: 'invalid UTF-8',
  reserved_label: 'the label name __name__ is reserved',
  duplicate_label: 'a label name occurs twice in one sample',
  expected_value: 'expected a value',
  invalid_value: 'a value is not a number',
  value_out_of_range: 'a value is out of the range of a double',
  invalid_timestamp: 'a timestamp is not valid',
  trailing_data: 'unexpected data at the end of a line',
  invalid_metadata: 'a metadata or comment line is not valid',
  invalid_type: 'unknown metric type',
  invalid_unit: 'a unit is not the suffix of its metric name',
  invalid_exemplar: 'an exemplar is not valid',
  missing_eof: 'the body does not end with # EOF',
  data_after_eof: 'data after # EOF',
  strict_syntax: 'not allowed by the specification',
  strict_metadata: 'metadata is repeated, misplaced or clashes with another family',
  strict_sample_name: 'a sample name does not belong to the type of its family',
  strict_sample_value: 'a value is not allowed for this type of sample',
  strict_labels: 'labels do not fit this type of sample',
  strict_exemplar: 'an exemplar is too long or not allowed on this sample',
  strict_order: 'samples of one metric or family are not together or their timestamps go backwards',
  strict_histogram: 'a histogram or summary is not complete and consistent',
};
