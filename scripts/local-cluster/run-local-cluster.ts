import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Store } from '@pulsekeeper/store';

import { ClusterError } from './cluster-error.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import { ClusterObserver } from './cluster-observer.ts';
import { absentDemos } from './demo-plan.ts';
import { LiveDisplay } from './live-display.ts';
import { LocalCluster, type ClusterFolders, type ClusterOptions } from './local-cluster.ts';
import { takeRunLock } from './run-lock.ts';
import { formatSummary, summarizeSlots, type JudgedTarget } from './slot-summary.ts';

/**
 * What a target gets after the cluster is up until its slots count: the collectors hear of it at once, but a slot that
 * falls within the moment of hearing belongs to nobody.
 */
const SETTLE_MS = 2_000;

/** Exit status of what Ctrl-C ended, as shells give it. */
const INTERRUPTED = 130;

/**
 * Runs a local cluster until Ctrl-C or the end of `runForMs`, and resolves with the exit status: 0, or 1 when slots were
 * missed or something could not start, or 3 when a given server could not be reached, or 130 when a run for a time was
 * interrupted, so that nobody takes it for one that was judged.
 */
export async function runLocalCluster(options: ClusterOptions, folders: ClusterFolders): Promise<number> {
  const ended = endOnSignal();
  const cluster = new LocalCluster(options, folders);
  let releaseLock: () => void = () => undefined;
  let observer: ClusterObserver | undefined;
  try {
    releaseLock = takeRunLock(join(cluster.folder, 'lock'));
    say('starting ZooKeeper and Redis');
    await cluster.startServers();
    observer = await ClusterObserver.connect(cluster.addresses);
    if (cluster.hasOwnZooKeeper) await observer.forgetLeftOvers();
    ended.throwIfAborted();
    say(`starting ${options.collectors} collectors`);
    await cluster.startCollectors();
    ended.throwIfAborted();
    say('starting the demo services');
    await cluster.startServices();
    sayHowToLook(cluster);
    return await watch(cluster, observer, options.runForMs, ended);
  } catch (error) {
    if (ended.aborted) return interruptedStatus(options);
    // The errors of the packages have a code; what has none is a mistake of ours, to be seen in full.
    if (!(error instanceof Error && ('code' in error || error instanceof ClusterError))) throw error;
    process.stderr.write(`pulsekeeper: ${error.message}\n`);
    return error instanceof ClusterError ? error.exitCode : 1;
  } finally {
    say('stopping everything');
    await cluster.stop();
    await observer?.close();
    releaseLock();
  }
}

async function watch(
  cluster: LocalCluster,
  observer: ClusterObserver,
  runForMs: number | undefined,
  ended: AbortSignal,
): Promise<number> {
  const display = new LiveDisplay(process.stdout);
  const upMs = Date.now();
  const endMs = runForMs === undefined ? Infinity : upMs + runForMs;
  let figures: ClusterFigures = { collectors: [], services: 0, targets: 0, targetsUp: 0, errors: [] };
  let targets: readonly JudgedTarget[] = [];
  while (!ended.aborted && Date.now() < endMs) {
    const problems = cluster.problems();
    try {
      ({ figures, targets } = await observer.figures());
    } catch (error) {
      problems.push(`cannot read the status: ${error instanceof Error ? error.message : String(error)}`);
    }
    const leftSeconds = endMs === Infinity ? undefined : Math.max(0, Math.round((endMs - Date.now()) / 1_000));
    display.show({ runningSeconds: Math.round((Date.now() - upMs) / 1_000), leftSeconds, figures, problems });
    await sleep(Math.min(1_000, Math.max(0, endMs - Date.now())), undefined, { signal: ended }).catch(() => undefined);
  }
  display.finish();
  if (ended.aborted) return interruptedStatus({ runForMs });
  say('\nthe time is over: the collectors drain and leave');
  await cluster.stopCollectors();
  return judge(observer.store, targets, upMs + SETTLE_MS, endMs);
}

/** Ctrl-C is how a run without an end ends; one that was to last for a time has not done what it was asked. */
function interruptedStatus({ runForMs }: Pick<ClusterOptions, 'runForMs'>): number {
  if (runForMs === undefined) return 0;
  say('\ninterrupted before the time was over: the slots are not judged');
  return INTERRUPTED;
}

/** Counts the slots in Redis, says so, and gives the exit status. */
async function judge(store: Store, targets: readonly JudgedTarget[], fromMs: number, toMs: number): Promise<number> {
  const summary = await summarizeSlots(store.reader, targets, fromMs, toMs);
  const lines = formatSummary(summary, targets.length, Math.round((toMs - fromMs) / 1_000));
  process.stdout.write(`\n${lines.join('\n')}\n`);
  const absent = absentDemos(targets.map(({ id }) => id));
  if (absent.length > 0) process.stdout.write(`  absent   ${absent.join(', ')}: not registered at the end\n`);
  return summary.missed === 0 && absent.length === 0 ? 0 : 1;
}

/** Aborts at the first Ctrl-C or SIGTERM; at a second one the process ends at once, and all it started with it. */
function endOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      controller.abort(new Error(`ended by ${signal}`));
    });
  }
  return controller.signal;
}

function sayHowToLook(cluster: LocalCluster): void {
  const { zookeeper, redis } = cluster.addresses;
  say(`
The cluster is up. In another terminal, here:

  npx pulsekeeper status
  npx pulsekeeper targets
  npx pulsekeeper query 'up' --since 1m

or elsewhere, with PULSEKEEPER_ZOOKEEPER=${zookeeper} PULSEKEEPER_REDIS=${redis}
Logs are in ${relative(process.cwd(), cluster.folder)}/logs. Ctrl-C stops everything.
`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
