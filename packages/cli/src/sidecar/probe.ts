import { setTimeout as delay } from 'node:timers/promises';

import { signalWithin } from '@pulsekeeper/model';

const ATTEMPT_TIMEOUT_MS = 2000;
const POLL_MS = 250;

/** Where the metrics of a request answer. */
export interface ProbePlan {
  /** `host:port`, tried in this order. */
  readonly addresses: readonly string[];
  readonly scheme: 'http' | 'https';
  readonly path: string;
}

/** Where the metrics are, at one of the addresses. */
export function urlOf({ scheme, path }: ProbePlan, address: string): string {
  return `${scheme}://${address}${path}`;
}

/** The first address whose metrics answer with a status of 2xx now; `undefined` when none does. */
export async function probeOnce(plan: ProbePlan, signal: AbortSignal): Promise<string | undefined> {
  for (const address of plan.addresses) {
    if (await doesAnswer(urlOf(plan, address), signal)) {
      return address;
    }
  }
  return undefined;
}

/** Probes until an address answers. Rejects with the signal's reason only. */
export async function probeUntilAnswer(plan: ProbePlan, signal: AbortSignal): Promise<string> {
  for (;;) {
    const address = await probeOnce(plan, signal);
    if (address !== undefined) {
      return address;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function doesAnswer(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: signalWithin(ATTEMPT_TIMEOUT_MS, signal),
      redirect: 'manual',
    });
    await response.body?.cancel();
    return response.status < 300;
  } catch {
    // Refused, reset, timed out: it does not answer yet, which is what was asked.
    signal.throwIfAborted();
    return false;
  }
}
