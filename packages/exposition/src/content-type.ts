import type { ExpositionFormat } from './exposition.ts';

/**
 * The `Accept` header of a scrape, in the order and with the weights that Prometheus sends when it is not asked to read
 * protobuf: OpenMetrics 1.0, OpenMetrics 0.0.1, text 1.0.0, text 0.0.4, anything.
 * `escaping=allow-utf-8` tells exporters that names need not be squeezed into `[a-zA-Z_:][a-zA-Z0-9_:]*`.
 */
export const ACCEPT_HEADER =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
  'application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,' +
  'text/plain;version=0.0.4;q=0.3,' +
  '*/*;q=0.2';

/** The same for a target that is to be read in the Prometheus text format only, which is shorter on the wire. */
export const ACCEPT_HEADER_TEXT_ONLY =
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

/** How {@link formatOfContentType} treats what it does not know. */
export interface ContentTypeOptions {
  /**
   * The format to assume when the header is missing, malformed or names something else (but protobuf). Without it such a
   * body has no format and must be refused: it may be an HTML page.
   * @defaultValue undefined
   */
  readonly fallback?: ExpositionFormat | undefined;
}

/**
 * Chooses the format by the `Content-Type` of a response, as Prometheus 3 does: by the media type alone.
 * @returns `undefined` when the body must be refused.
 */
export function formatOfContentType(
  contentType: string | undefined,
  options: ContentTypeOptions = {},
): ExpositionFormat | undefined {
  switch (contentType === undefined ? undefined : mediaTypeOf(contentType)) {
    case 'application/openmetrics-text':
      return 'openmetrics';
    case 'text/plain':
      return 'prometheus-text';
    case 'application/vnd.google.protobuf':
      return undefined; // It says what it is, and it is nothing that a text parser could make sense of.
    default:
      return options.fallback;
  }
}

/** RFC 9110 token. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?:;|$)`, 'u');
const PARAMETER = new RegExp(`^\\s*;\\s*(${TOKEN})\\s*=\\s*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")\\s*`, 'u');
/** Longer headers are not looked into; no exporter sends one. */
const MAX_CONTENT_TYPE_LENGTH = 1024;

/** The media type in lower case; `undefined` when the header is malformed or repeats a parameter. */
function mediaTypeOf(contentType: string): string | undefined {
  if (contentType.length > MAX_CONTENT_TYPE_LENGTH) return undefined;
  const match = MEDIA_TYPE.exec(contentType);
  if (match?.[1] === undefined) return undefined;
  const names = new Set<string>();
  let rest = contentType.slice(match[0].endsWith(';') ? match[0].length - 1 : match[0].length);
  while (rest.trim() !== '' && rest.trim() !== ';') {
    const parameter = PARAMETER.exec(rest);
    const name = parameter?.[1]?.toLowerCase();
    if (parameter === null || name === undefined || names.has(name)) return undefined;
    names.add(name);
    rest = rest.slice(parameter[0].length);
  }
  return match[1].toLowerCase();
}
