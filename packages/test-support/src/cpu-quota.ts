import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { registerCleanup } from './cleanup-registry.ts';

/** A control group whose processes together get a part of one processor, as the limit of a container gives it. */
export interface CpuQuota {
  /** Puts a running process under the quota, with all its threads. */
  add(pid: number): void;
  /** How often its processes had used up a period's time and had to stand still for the rest of it. */
  throttledPeriods(): number;
  /** Lets its processes go and removes the group. Idempotent. */
  stop(): void;
}

/** Where a group can be made, and by which of the kernel's two interfaces. */
export interface GroupParent {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** The kernel's default, and that of container runtimes. */
const PERIOD_US = 100_000;

let count = 0;

/**
 * Makes a group that gets `share` of one processor in each tenth of a second; undefined where this process may make none:
 * without root, or without a writable `/sys/fs/cgroup`.
 */
export function startCpuQuota(share: number): CpuQuota | undefined {
  for (const parent of groupParents(readOrEmpty('/proc/self/mounts'), readOrEmpty('/proc/self/cgroup'))) {
    const quota = makeGroup(parent, share);
    if (quota !== undefined) return quota;
  }
  return undefined;
}

/** The folders to try, by what `/proc/self/mounts` and `/proc/self/cgroup` say. Pure. */
export function groupParents(mounts: string, ownGroups: string): readonly GroupParent[] {
  const ownPath = /^0::(\/.*)$/m.exec(ownGroups)?.[1] ?? '/';
  return mounts.split('\n').flatMap((line): readonly GroupParent[] => {
    const [, folder = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup' && options.split(',').includes('cpu')) return [{ version: 1, folder }];
    if (type !== 'cgroup2') return [];
    // A group has a quota only if its parent hands the controller down, which is not for us to change.
    const ancestors: GroupParent[] = [{ version: 2, folder }];
    for (let path = ownPath; path !== '/'; path = dirname(path)) {
      ancestors.push({ version: 2, folder: join(folder, path) });
    }
    return ancestors;
  });
}

function makeGroup({ version, folder }: GroupParent, share: number): CpuQuota | undefined {
  count += 1;
  const group = join(folder, `pulsekeeper-test-${process.pid}-${count}`);
  const quotaFile = join(group, version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max');
  const quotaUs = Math.round(share * PERIOD_US);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
      try {
        writeFileSync(join(folder, 'cgroup.procs'), pid);
      } catch {
        // It has ended meanwhile.
      }
    }
    rmdirSync(group);
  };
  try {
    mkdirSync(group);
    if (!existsSync(quotaFile)) throw new Error('the processor time of this group cannot be limited');
    if (version === 1) writeFileSync(join(group, 'cpu.cfs_period_us'), `${PERIOD_US}`);
    writeFileSync(quotaFile, version === 1 ? `${quotaUs}` : `${quotaUs} ${PERIOD_US}`);
  } catch {
    // Not allowed here, or not possible: the caller leaves out what needs it.
    if (existsSync(group)) stop();
    return undefined;
  }
  const run = (): Promise<void> => {
    stop();
    return Promise.resolve();
  };
  registerCleanup({ name: `quota of processor time ${group}`, run });
  return {
    add: (pid) => writeFileSync(join(group, 'cgroup.procs'), `${pid}`),
    throttledPeriods: () =>
      Number(/^nr_throttled (\d+)$/m.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))?.[1] ?? NaN),
    stop,
  };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux.
    return '';
  }
}
