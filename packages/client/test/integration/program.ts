import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { registerCleanup } from '@pulsekeeper/test-support';

/** A program of `test/programs` that runs. */
export interface Program {
  readonly child: ChildProcess;
  /** Lines that it has printed so far. */
  readonly lines: readonly string[];
  /** Resolves with the rest of the first line that begins with `word`. */
  said(word: string): Promise<string>;
  /** Resolves with the exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Runs a program of `test/programs` with the built packages, as a user would. */
export function runProgram(name: string, options: object, ...args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(options), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = (async (): Promise<number | NodeJS.Signals> => {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? signal ?? 0;
  })();
  registerCleanup({
    name: `program ${name}`,
    run: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const said = async (word: string): Promise<string> => {
    const isIt = (line: string): boolean => line.startsWith(word);
    for (let line = lines.find(isIt); ; line = lines.find(isIt)) {
      if (line !== undefined) return line.slice(word.length).trim();
      await Promise.race([
        once(reader, 'line'),
        ended.then((how) => Promise.reject(new Error(`${name} ended with ${how} after: ${lines.join(' | ')}`))),
      ]);
    }
  };
  return { child, lines, said, ended };
}
