import { ACCEPT_HEADER } from '@pulsekeeper/exposition';

import { PROGRAM_VERSION } from '../program-version.ts';
import { ACCEPT_ENCODING } from './unpacker.ts';

/** Headers of a scrape as a flat list of names and values, as undici takes them without copying. */
export function requestHeaders(timeoutMs: number): readonly string[] {
  return [
    'accept',
    ACCEPT_HEADER,
    'accept-encoding',
    ACCEPT_ENCODING,
    'user-agent',
    `Pulsekeeper/${PROGRAM_VERSION}`,
    'x-prometheus-scrape-timeout-seconds',
    String(timeoutMs / 1000),
  ];
}
