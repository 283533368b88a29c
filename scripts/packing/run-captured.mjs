import { spawn } from 'node:child_process';

/**
 * Runs a command to its end without a terminal and keeps what it says.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
export function runCaptured(command, args, cwd) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PULSEKEEPER_')));
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk));
    child.once('error', (error) => resolve({ code: 127, out, err: err + error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, out, err }));
  });
}
