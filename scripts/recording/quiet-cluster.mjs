import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { SetupError } from '../bootstrap/setup-error.mjs';

const START_MS = 120_000;

/**
 * Starts a local cluster as `npm start` does, without its display. Commands that run in `folder` find it.
 *
 * @param {string} root
 * @param {string} folder a new one
 * @returns {Promise<{ folder: string, stop: () => Promise<void> }>}
 */
export async function startQuietCluster(root, folder) {
  const own = join(folder, '.pulsekeeper');
  mkdirSync(own);
  const env = { ...process.env, PULSEKEEPER_LOCAL_FOLDER: own };
  const child = spawn(process.execPath, ['scripts/start.mjs'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  const deadlineMs = Date.now() + START_MS;
  while (!existsSync(join(own, 'env'))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      await stop();
      throw new SetupError(`the local cluster did not start:\n${said}`);
    }
    await delay(200);
  }
  return { folder, stop };
}
