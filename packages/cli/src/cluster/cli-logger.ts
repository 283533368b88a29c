import { createRequire } from 'node:module';

import { silentLogger, type Logger } from '@pulsekeeper/model';
import type { pino as Pino } from 'pino';

const STANDARD_ERROR = 2;

/** A logger to standard error at the level, silent by default. pino is loaded only when somebody wants to read its log. */
export function cliLogger(level: string): Logger {
  if (level === 'silent') {
    return silentLogger;
  }
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof Pino };
  return pino({ level }, pino.destination({ dest: STANDARD_ERROR, sync: true }));
}
