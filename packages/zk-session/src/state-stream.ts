import type { EventEmitter } from 'node:events';

import { deferred } from './deferred.ts';
import type { SessionState } from './session-state.ts';

/** Events of a `ZkSession`. */
export interface SessionEvents {
  /**
   * The state changed; fires once for each change, in order, after `state` shows the new one. A listener that
   * throws is logged and harms nobody else.
   */
  state: [state: SessionState, previous: SessionState];
}

/**
 * The present state, then every change, until `closed` has been yielded or the signal is aborted. Changes
 * that come while the consumer is busy wait for it, so none is missed.
 */
export async function* streamStates(
  emitter: EventEmitter<SessionEvents>,
  current: () => SessionState,
  signal: AbortSignal | undefined,
): AsyncGenerator<SessionState, void, void> {
  const waiting: SessionState[] = [current()];
  let wake = deferred<undefined>();
  const onState = (state: SessionState): void => {
    waiting.push(state);
    wake.resolve(undefined);
  };
  const onAbort = (): void => wake.resolve(undefined);
  emitter.on('state', onState);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (signal?.aborted !== true) {
      const state = waiting.shift();
      if (state === undefined) {
        await wake.promise;
        wake = deferred();
        continue;
      }
      yield state;
      if (state.kind === 'closed') return;
    }
  } finally {
    emitter.off('state', onState);
    signal?.removeEventListener('abort', onAbort);
  }
}
