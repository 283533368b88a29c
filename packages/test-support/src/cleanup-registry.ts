/** For how long something that a test started may live. */
export type CleanupScope = 'process' | 'suite' | 'test';

/** Something that must be undone, and what to show of it when a test fails. */
export interface Cleanup {
  /** Shown in errors and above its log, such as `redis :23456`. */
  readonly name: string;
  /** Undoes it; must be idempotent. */
  run(): Promise<void>;
  /** The end of its log. */
  logTail?(): string;
}

interface RegistryState {
  scope: CleanupScope;
  entries: { scope: CleanupScope; cleanup: Cleanup }[];
}

/**
 * The state lives on `globalThis`, since the hooks that mocha loads come from `src` while tests import the built
 * package: two copies of this module, one registry.
 */
const key = Symbol.for('pulsekeeper.test-support.cleanups');
const holder = globalThis as unknown as Record<symbol, RegistryState | undefined>;
const state: RegistryState = (holder[key] ??= { scope: 'process', entries: [] });

/** Registers a cleanup in the scope that is current; returns the function that takes it out again. */
export function registerCleanup(cleanup: Cleanup): () => void {
  const entry = { scope: state.scope, cleanup };
  state.entries.push(entry);
  return () => {
    state.entries = state.entries.filter((other) => other !== entry);
  };
}

/** Sets the scope of what is registered from now on; the mocha hooks call it. */
export function setCleanupScope(scope: CleanupScope): void {
  state.scope = scope;
}

/** What is registered now, oldest first. */
export function registeredCleanups(): readonly Cleanup[] {
  return state.entries.map((entry) => entry.cleanup);
}

/**
 * Runs the cleanups of `scope` and of narrower scopes, the latest first, and forgets them. All are tried;
 * failures come together as one `AggregateError`.
 */
export async function runCleanups(scope: CleanupScope): Promise<void> {
  const order: readonly CleanupScope[] = ['test', 'suite', 'process'];
  const isDue = (other: CleanupScope): boolean => order.indexOf(other) <= order.indexOf(scope);
  const due = state.entries.filter((entry) => isDue(entry.scope)).reverse();
  state.entries = state.entries.filter((entry) => !isDue(entry.scope));
  const failures: unknown[] = [];
  for (const { cleanup } of due) {
    try {
      await cleanup.run();
    } catch (error) {
      failures.push(new Error(`cleanup of ${cleanup.name} failed`, { cause: error }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} cleanups failed`);
}
