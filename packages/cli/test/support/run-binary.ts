import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { registerCleanup } from '@pulsekeeper/test-support';

/** The program as it is installed. */
export const BINARY = join(import.meta.dirname, '../../bin/pulsekeeper.js');

/** How the real program is run. */
export interface RunOptions {
  /** On top of an environment without any setting. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Text for standard input. */
  readonly input?: string | undefined;
  /** @defaultValue a folder of its own, so that no local cluster is found */
  readonly cwd?: string | undefined;
}

/** How the program ended and what it said. */
export interface RunOutcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly durationMs: number;
}

/** The program while it runs; killed at the end of the test if it still does. */
export interface RunningBinary {
  readonly child: ChildProcess;
  readonly text: () => { readonly out: string; readonly err: string };
  readonly ended: Promise<RunOutcome>;
}

/** Runs `pulsekeeper` to its end. */
export async function runBinary(args: readonly string[], options: RunOptions = {}): Promise<RunOutcome> {
  return startBinary(args, options).ended;
}

/** Starts `pulsekeeper` as a user does, as a process of its own. */
export function startBinary(args: readonly string[], options: RunOptions = {}): RunningBinary {
  const folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-cli-'));
  const startedMs = performance.now();
  const clean = Object.entries(process.env).filter(([name]) => !/^(PULSEKEEPER_|NODE_OPTIONS$|NO_COLOR$)/.test(name));
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd: options.cwd ?? folder,
    env: { ...Object.fromEntries(clean), ...options.env },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  child.stdin.end(options.input ?? '');
  registerCleanup({
    name: `pulsekeeper ${args.join(' ')}`,
    run: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
    logTail: () => `${out}\n${err}`,
  });
  const ended = new Promise<RunOutcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err, durationMs: performance.now() - startedMs }));
  });
  return { child, text: () => ({ out, err }), ended };
}
