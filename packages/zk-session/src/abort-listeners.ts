/**
 * Any number of functions waiting for an abort, with one listener on each signal: thousands of operations
 * share a signal, and Node.js warns of a leak at the eleventh listener.
 */
export class AbortListeners {
  readonly #groups = new Map<AbortSignal, { readonly waiting: Set<() => void>; readonly listener: () => void }>();

  /** Calls `onAbort` when `signal` is aborted; not if it is already. Returns what forgets it, O(1). */
  add(signal: AbortSignal, onAbort: () => void): () => void {
    let group = this.#groups.get(signal);
    if (group === undefined) {
      const waiting = new Set<() => void>();
      const listener = (): void => {
        this.#groups.delete(signal);
        for (const call of [...waiting]) call();
      };
      group = { waiting, listener };
      this.#groups.set(signal, group);
      signal.addEventListener('abort', listener, { once: true });
    }
    const { waiting, listener } = group;
    waiting.add(onAbort);
    return () => {
      waiting.delete(onAbort);
      if (waiting.size > 0 || this.#groups.get(signal)?.waiting !== waiting) return;
      this.#groups.delete(signal);
      signal.removeEventListener('abort', listener);
    };
  }
}
