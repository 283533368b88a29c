import type { ExpositionFormat } from './exposition.ts';
import { OpenMetricsChecker } from './strict-openmetrics.ts';
import { TextChecker } from './strict-text.ts';
import type { Scanner } from './scanner.ts';

/** Checks what a specification asks for beyond the syntax that Prometheus insists on. */
export interface StrictChecker {
  /** Looks at the entry that `scanner` stands on. */
  check(scanner: Scanner, entry: number): void;
  /** To be called at the end of the body. */
  finish(scanner: Scanner): void;
}

/** The checker for a format. It serves one body. */
export function createStrictChecker(format: ExpositionFormat): StrictChecker {
  return format === 'openmetrics' ? new OpenMetricsChecker() : new TextChecker();
}
