const HOOKS = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const;

/** What mocha's suites have, but its types do not say. */
interface HookHolder {
  getHooks(name: (typeof HOOKS)[number]): readonly Mocha.Hook[];
}

/**
 * Multiplies the timeouts of all tests and hooks below a suite; 0, no timeout, stays. A timeout that a test sets while it
 * runs is its own affair.
 */
export function stretchTimeouts(suite: Mocha.Suite, factor: number): void {
  const hooks = HOOKS.flatMap((name) => (suite as unknown as HookHolder).getHooks(name));
  for (const runnable of [...suite.tests, ...hooks]) runnable.timeout(runnable.timeout() * factor);
  for (const inner of suite.suites) stretchTimeouts(inner, factor);
}
