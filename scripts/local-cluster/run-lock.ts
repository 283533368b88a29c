import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { ClusterError } from './cluster-error.ts';

/**
 * Takes the lock that one running local cluster holds on its folder; returns the function that gives it back.
 * A lock whose process is gone is taken over.
 *
 * @throws ClusterError when another one runs
 */
export function takeRunLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (isAlive(holder)) {
        throw new ClusterError(`a local cluster runs here already (process ${holder}); end it first, with Ctrl-C`);
      }
      rmSync(path, { force: true });
    }
  }
  throw new ClusterError(`another local cluster takes ${path} at this moment`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process lives, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
