import { StoreError } from '@pulsekeeper/store';
import { ZkError } from '@pulsekeeper/zk-session';

import { CollectorError } from './errors.ts';

/** How the program ends. */
export const EXIT_CODES = { good: 0, failed: 1, wrongUsage: 2, unreachable: 3 } as const;

/** Codes of errors that mean that a server could not be reached, or refused to serve. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ConnectTimeout',
  'ConnectionLoss',
  'OperationTimeout',
  'AuthFailed',
  'NoAuth',
  'Unavailable',
  'NotServing',
  'Refused',
  'StartFailed',
]);

/** The exit code for an error that ended the start. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CollectorError && error.code === 'InvalidConfig') return EXIT_CODES.wrongUsage;
  if (error instanceof RangeError || error instanceof TypeError) return EXIT_CODES.wrongUsage;
  if (error instanceof ZkError && error.code === 'InvalidConnectString') return EXIT_CODES.wrongUsage;
  if (error instanceof StoreError && error.code === 'InvalidOption') return EXIT_CODES.wrongUsage;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && UNREACHABLE.has(code) ? EXIT_CODES.unreachable : EXIT_CODES.failed;
}
