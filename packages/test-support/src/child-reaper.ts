import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

/**
 * Sees to it that no server outlives the test process, however that ends: at `exit` and at a fatal signal by killing
 * what is tracked, and at a SIGKILL by the kernel, through util-linux' `setpriv --pdeathsig`, where that is installed.
 */
const children = new Set<ChildProcess>();
const temporaryFolders = new Set<string>();
let isInstalled = false;

/** Tracks a child until it exits. */
export function trackChild(child: ChildProcess): void {
  install();
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Removes `path` when the process exits, unless {@link forgetTemporaryFolder} was called. */
export function trackTemporaryFolder(path: string): void {
  install();
  temporaryFolders.add(path);
}

/** The folder is gone already, or shall stay. */
export function forgetTemporaryFolder(path: string): void {
  temporaryFolders.delete(path);
}

/** The command line that starts `command` so that the kernel kills it when this process dies. */
export function bindToParent(command: string, args: readonly string[]): { command: string; args: readonly string[] } {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  if (setpriv === undefined) return { command, args };
  return { command: setpriv, args: ['--pdeathsig', 'KILL', '--', command, ...args] };
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on('exit', reap);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = (): void => {
      // Whoever else listens (mocha, a script with an ordered stop) decides; its exit reaps.
      if (process.listenerCount(signal) > 1) return;
      reap();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}

function reap(): void {
  for (const child of children) child.kill('SIGKILL');
  for (const path of temporaryFolders) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // A process that is still dying may write into it; the folder is in the system's temporary folder anyway.
    }
  }
}
