import type { DirectoryProblem } from '@pulsekeeper/registry';

import { bothSettled } from '../cluster/ask-both.ts';
import type { ClusterPicture } from '../cluster/cluster-picture.ts';
import { lookAtSettledCluster, type ClusterLook } from '../cluster/look-at-cluster.ts';
import { probeEnsemble } from '../cluster/probe-ensemble.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode, worstExitCode } from '../exit-code.ts';
import { redact } from '../redact.ts';
import type { EnsembleServer } from '../views/ensemble.ts';
import { sumSlots } from '../views/heartbeat.ts';
import { findProblems, worstTargets, type StatusReport, type StatusSlots } from '../views/status-report.ts';
import { countHealth, type TargetEntry, type TargetHealth } from '../views/target-list.ts';
import { printStatus } from './status-screen.ts';

/** `pulsekeeper status`: one screen that says how the cluster does, with what can be seen when a server is away. */
export async function runStatus(context: CommandContext): Promise<ExitCode> {
  const report = await readStatus(context);
  if (context.output.isJson) {
    context.output.printJson(report);
  } else {
    printStatus(context.output, report, context.now());
  }
  const isReachable = report.zookeeper.reachable && report.redis.reachable;
  return worstExitCode(
    isReachable ? ExitCode.Good : ExitCode.Unreachable,
    report.problems.some(({ severity }) => severity === 'error') ? ExitCode.NotAsItShouldBe : ExitCode.Good,
  );
}

/** Looks at the cluster, as far as its servers answer, and at each server of the ensemble. */
export async function readStatus(context: CommandContext): Promise<StatusReport> {
  const { settings, signal } = context;
  // In parallel, and its answer comes before the others' do.
  const servers = probeEnsemble(settings.zookeeper, signal);
  const [look, probed] = await bothSettled(lookAtSettledCluster(context), servers);
  return toStatusReport(context, look, probed);
}

/** Judges what was seen. */
export function toStatusReport(
  { settings }: CommandContext,
  look: ClusterLook,
  servers: readonly EnsembleServer[],
): StatusReport {
  const { registry, store, answerSeconds } = look.answers;
  const health = registry.ok ? healthOf(registry.value.ids.length, look.targets) : null;
  const server = store.ok ? store.value.servers[0] : undefined;
  const slots = slotsOf(look);
  return {
    zookeeper: {
      connectString: settings.zookeeper,
      reachable: registry.ok,
      answerSeconds: registry.ok ? answerSeconds.registry : null,
      error: registry.ok ? null : registry.error.message,
      services: registry.ok ? registry.value.services.length : null,
      targets: registry.ok ? registry.value.ids.length : null,
      rejected: health?.rejected ?? null,
      servers,
    },
    redis: {
      url: redact(settings.redis),
      reachable: store.ok,
      answerSeconds: store.ok ? answerSeconds.store : null,
      error: store.ok ? null : store.error.message,
      version: server?.version ?? null,
      usedMemoryBytes: server?.usedMemoryBytes ?? null,
    },
    ring: look.ring,
    collectors: look.collectors,
    slots,
    targets: health,
    worstTargets: worstTargets(look.targets),
    problems: findProblems({
      isRegistryKnown: registry.ok,
      isStoreKnown: store.ok,
      servers,
      collectors: look.collectors,
      ring: look.ring,
      slots,
      targetCount: registry.ok ? registry.value.ids.length : 0,
      smallestIntervalMs: smallestInterval(look),
      redisWarnings: store.ok ? store.value.servers.flatMap(({ warnings }) => warnings) : [],
      registryProblems: registry.ok ? problemsBesides(registry.value) : [],
      nowMs: look.nowMs,
    }),
  };
}

/** A target whose registration was not read is one that the store says to be up. */
function healthOf(targetCount: number, read: readonly TargetEntry[]): Record<TargetHealth, number> {
  const counts = countHealth(read);
  return { ...counts, up: counts.up + targetCount - read.length };
}

/** The window that all collectors keep, where they do; else everything since they started. */
function slotsOf({ answers }: ClusterLook): StatusSlots | null {
  if (!answers.store.ok) {
    return null;
  }
  const { heartbeats } = answers.store.value;
  const recents = heartbeats.flatMap(({ recent }) => (recent === undefined ? [] : [recent]));
  if (recents.length > 0 && recents.length === heartbeats.length) {
    // A collector that has just started looks back less far; the longest look tells how far this sum goes back.
    const windowMs = recents.reduce((longest, recent) => Math.max(longest, recent.windowMs), 0);
    return { windowSeconds: windowMs / 1000, ...sumSlots(recents.map(({ slots }) => slots)) };
  }
  return { windowSeconds: null, ...sumSlots(heartbeats.map(({ slots }) => slots)) };
}

function smallestInterval({ answers }: ClusterLook): number | undefined {
  const targets = answers.registry.ok ? answers.registry.value.targets : [];
  const reports = answers.store.ok ? answers.store.value.reports.values() : [];
  const intervals = [
    ...targets.flatMap(({ target }) => (target.ok ? [target.value.rule.intervalMs] : [])),
    ...[...reports].map(({ intervalMs }) => intervalMs),
  ];
  return intervals.length === 0 ? undefined : intervals.reduce((least, interval) => Math.min(least, interval));
}

/** Instances that are wrong are targets with the health `rejected`; they are not told twice. */
function problemsBesides({ problems, targets }: ClusterPicture): readonly DirectoryProblem[] {
  const rejected = new Set(targets.flatMap(({ target, place }) => (target.ok ? [] : [place.path])));
  return problems.filter(({ path }) => !rejected.has(path));
}
