import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs `docker …` and returns what it prints.
 *
 * @param {readonly string[]} args
 */
export async function docker(args) {
  try {
    const { stdout } = await run('docker', args, { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 });
    return stdout;
  } catch (error) {
    throw new Error(`docker ${args.join(' ')}: ${(error.stderr || error.stdout || error.message).trim()}`, {
      cause: error,
    });
  }
}

/**
 * The project's containers.
 *
 * @returns {Promise<{ ID: string, Name: string, Service: string, State: string, Health: string }[]>}
 */
export async function containers() {
  const text = await docker(['compose', 'ps', '--all', '--no-trunc', '--format', 'json']);
  // Compose 2.20 and before print one array, later ones an object a line.
  return text.trim().startsWith('[')
    ? JSON.parse(text)
    : text
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
}

/**
 * What a command of Pulsekeeper's CLI prints with `--json`, run in a container of the project.
 *
 * @param {readonly string[]} args
 */
export async function cli(args) {
  const command = ['compose', 'run', '--rm', '--no-deps', '-T', 'cli', ...args, '--json'];
  const text = await docker(command);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`docker ${command.join(' ')} printed no JSON: ${text.slice(0, 300)}`, { cause });
  }
}
