export { ACCEPT_HEADER, ACCEPT_HEADER_TEXT_ONLY, formatOfContentType } from './content-type.ts';
export { countNewKeys } from './count-new-keys.ts';
export { ExpositionError, LimitError, ParseError } from './errors.ts';
export { SPARE_BYTES } from './body-store.ts';
export { ExpositionParser } from './exposition-parser.ts';
export { DEFAULT_PARSE_LIMITS } from './limits.ts';
export { locateKeys } from './locate-keys.ts';
export { parseExposition } from './parse-exposition.ts';
export { SeriesPool } from './series-pool.ts';

export type { ContentTypeOptions } from './content-type.ts';
export type { LimitName, ParseErrorCode } from './errors.ts';
export type {
  Exemplar,
  Exposition,
  ExpositionFormat,
  MetricMetadata,
  MetricType,
  SeriesExemplar,
} from './exposition.ts';
export type { ExpositionParserOptions, ParseInStepsOptions } from './exposition-parser.ts';
export type { ParseLimits } from './limits.ts';
export type { ParsedExposition, ParseExpositionOptions, Sample } from './parse-exposition.ts';
