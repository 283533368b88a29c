import { LimitError, ParseError } from '@pulsekeeper/exposition';

import { ScrapeError } from './scrape-error.ts';

/** Turns what the parser threw into the reason why the scrape failed. */
export function parseFailure(error: unknown): ScrapeError {
  if (error instanceof LimitError) return new ScrapeError(reasonOfLimit(error), error.message, { cause: error });
  if (error instanceof ParseError) return new ScrapeError('parse', error.message, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new ScrapeError('internal', `the parser failed: ${message}`, { cause: error });
}

function reasonOfLimit({ limit }: LimitError): 'sample_limit' | 'label_limit' | 'line_too_long' {
  switch (limit) {
    case 'samples':
    case 'metric_families':
      return 'sample_limit';
    case 'labels':
    case 'label_name_bytes':
    case 'label_value_bytes':
      return 'label_limit';
    case 'line_bytes':
      return 'line_too_long';
  }
}
