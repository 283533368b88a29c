/**
 * Runs `close` when one of the signals comes, then lets the signal do what it would have done: when nobody else listens
 * for it, the process ends by it. The returned function takes the hook away.
 */
export function closeOnSignals(signals: readonly NodeJS.Signals[], close: () => Promise<void>): () => void {
  const hooks = signals.map((signal) => {
    const listener = (): void => {
      void close().finally(() => {
        remove();
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  const remove = (): void => {
    for (const { signal, listener } of hooks) process.off(signal, listener);
  };
  return remove;
}
