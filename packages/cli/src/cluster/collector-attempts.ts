import { signalWithin, type TargetId } from '@pulsekeeper/model';

import { readSlotAttempts, type SlotAttempts } from '../views/slot-attempts.ts';

/** A collector that is well answers in milliseconds; from another network it may never. */
const PAGE_TIMEOUT_MS = 1000;
/** Of a collector with tens of thousands of targets; whatever answers with more is none. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/**
 * Asks a collector's own page for the attempts of a target's latest slots that did not go well at once. Resolves with
 * `undefined` when the page cannot be had: it listens where only the collectors' own network reaches it, as a rule.
 *
 * @throws the signal's reason
 */
export async function askCollectorForAttempts(
  statusUrl: string,
  target: TargetId,
  signal: AbortSignal,
): Promise<readonly SlotAttempts[] | undefined> {
  try {
    const page = await fetch(new URL('/targets', statusUrl), {
      signal: signalWithin(PAGE_TIMEOUT_MS, signal),
      redirect: 'error',
    });
    return readSlotAttempts(JSON.parse(await textOf(page)), target);
  } catch {
    // Refused, too slow, too long, no JSON: what the store has is shown instead.
    signal.throwIfAborted();
    return undefined;
  }
}

async function textOf(page: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const chunk of (page.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_PAGE_BYTES) {
      throw new RangeError(`more than ${MAX_PAGE_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
