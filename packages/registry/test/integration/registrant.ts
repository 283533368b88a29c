import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { registerCleanup } from '@pulsekeeper/test-support';

/** A registrant in a process of its own. */
export interface Registrant {
  readonly child: ChildProcess;
  /** Unix time in ms right before it began to register. */
  readonly startingAtMs: number;
  /** Ends it as a crash does and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts {@link file://./registrant-process.ts} and waits until it has registered. */
export async function startRegistrant(...args: readonly (string | number)[]): Promise<Registrant> {
  const program = fileURLToPath(new URL('./registrant-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  registerCleanup({ name: `registrant ${child.pid ?? 0}`, run: kill });
  let startingAtMs = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [event, atMs] = line.split(' ');
    if (event === 'starting') startingAtMs = Number(atMs);
    if (event === 'registered') return { child, startingAtMs, kill };
  }
  throw new Error(`the registrant ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}`);
}
