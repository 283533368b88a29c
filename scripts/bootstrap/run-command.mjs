import { execFile, spawn } from 'node:child_process';

/**
 * Runs a command with this terminal as its own and resolves with its exit code (128 + n for a signal, 127 where it is
 * not installed).
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function runCommand(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.once('error', () => resolve(127));
    child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/**
 * What a command prints; nothing where it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
export function outputOf(command, args) {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 5_000 }, (error, output) => resolve(error === null ? output : ''));
  });
}
