import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';

/** Debian asks this program whether a freshly installed service may start; 101 says no. */
const POLICY_PATH = '/usr/sbin/policy-rc.d';

/** By this line a file is recognised that an earlier run could not take away. */
const MARKER = '# Made by Pulsekeeper while it installs packages; may be removed.';

const POLICY = `#!/bin/sh\n${MARKER}\nexit 101\n`;

/** Signals that end this program, and would leave the policy behind. */
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs an action during which no service that is installed starts. A policy that the machine has of its own is left alone.
 *
 * A signal aborts what the action is given, and takes its usual course once the action has ended: `apt-get` is not to find
 * the policy gone. A second signal does not wait.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} action
 * @param {string} [policyPath]
 * @returns {Promise<T>}
 */
export async function withoutServiceStarts(action, policyPath = POLICY_PATH) {
  const isOurs = !existsSync(policyPath) || readFileSync(policyPath, 'utf8').includes(MARKER);
  if (!isOurs) return action(new AbortController().signal);
  const interrupted = new AbortController();
  const remove = () => {
    if (existsSync(policyPath)) unlinkSync(policyPath);
  };
  /** @type {NodeJS.Signals | undefined} */
  let received;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    if (received !== undefined) process.exit(130);
    received = signal;
    interrupted.abort(new Error(`ended by ${signal}`));
  };
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    writeFileSync(policyPath, POLICY, { mode: 0o755 });
    return await action(interrupted.signal);
  } finally {
    remove();
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
