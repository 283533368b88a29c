/** What the output and the loader of TypeScript hold, which reads files at any time; no package here does. */
const OTHERS = new Set(['PipeWrap', 'TTYWrap', 'FSReqCallback', 'CloseReq']);

/** Turns of the event loop for which what has just closed is still listed. */
const CLOSING_TURNS = 5;

/**
 * Watches what keeps a process alive, from now on, and timers that do not: those that are unref'd no list of Node.js has. Puts
 * `setTimeout` and `clearTimeout` of its own in place, so it is for a program of a test.
 *
 * @returns names of what was made since and is neither closed, nor has fired or been cleared
 */
export function watchHeldResources(): () => Promise<string[]> {
  const liveTimers = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = ((then: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]) => {
    const timer = set(() => {
      liveTimers.delete(timer);
      then(...args);
    }, delayMs);
    liveTimers.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    liveTimers.delete(timer);
    clear(timer);
  };
  const heldBefore = process.getActiveResourcesInfo();

  return async () => {
    for (let turn = 0; turn < CLOSING_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const before = [...heldBefore];
    const held = process.getActiveResourcesInfo().filter((name) => {
      const index = before.indexOf(name);
      if (index !== -1) before.splice(index, 1);
      return index === -1 && !OTHERS.has(name);
    });
    return liveTimers.size === 0 ? held : [...held, `${liveTimers.size} timers`];
  };
}
