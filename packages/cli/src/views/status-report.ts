import { formatSpan } from '../output/format-age.ts';
import type { CollectorEntry } from './collector-list.ts';
import type { EnsembleServer } from './ensemble.ts';
import { HEARTBEAT_PATIENCE_MS, type HeartbeatSlots } from './heartbeat.ts';
import type { RingAgreement } from './ring-agreement.ts';
import type { TargetEntry } from './target-list.ts';

/** `status --json`. `null` stands for what is not known because a server is away. */
export interface StatusReport {
  readonly zookeeper: ServerStatus & {
    readonly connectString: string;
    readonly services: number | null;
    readonly targets: number | null;
    readonly rejected: number | null;
    /** The servers of the connect string, in its order. */
    readonly servers: readonly EnsembleServer[];
  };
  readonly redis: ServerStatus & {
    /** Without the password. */
    readonly url: string;
    readonly version: string | null;
    readonly usedMemoryBytes: number | null;
  };
  readonly ring: RingAgreement;
  readonly collectors: readonly CollectorEntry[];
  readonly slots: StatusSlots | null;
  readonly targets: Readonly<Record<TargetEntry['health'], number>> | null;
  /** The targets that do worst: down, rejected and unknown ones, at most {@link MAX_WORST_TARGETS}. */
  readonly worstTargets: readonly TargetEntry[];
  /** What is not as it should be; `error` makes the exit code 1. */
  readonly problems: readonly StatusProblem[];
}

/** How a server answered. */
export interface ServerStatus {
  readonly reachable: boolean;
  /** How long it took to connect and to answer, in seconds, without waiting for the other server. */
  readonly answerSeconds: number | null;
  readonly error: string | null;
}

/** The slots of all collectors together. */
export interface StatusSlots extends HeartbeatSlots {
  /** Over so many last seconds; `null`: since each collector started. */
  readonly windowSeconds: number | null;
}

/** What a problem is about. */
export type ProblemSubject = 'ensemble' | 'redis' | 'membership' | 'ring' | 'slots' | 'collector' | 'registry';

/** One thing that is not as it should be. */
export interface StatusProblem {
  readonly severity: 'warning' | 'error';
  readonly about: ProblemSubject;
  readonly text: string;
}

/** So many targets are named; `targets` shows all. */
export const MAX_WORST_TARGETS = 5;
/** Clocks may differ by this part of the smallest interval before timestamps and take-overs suffer. */
const SKEW_SHARE = 0.1;

/** What {@link findProblems} judges. */
export interface ProblemInput {
  readonly isRegistryKnown: boolean;
  readonly isStoreKnown: boolean;
  readonly servers: readonly EnsembleServer[];
  readonly collectors: readonly CollectorEntry[];
  readonly ring: RingAgreement;
  readonly slots: StatusSlots | null;
  readonly targetCount: number;
  readonly smallestIntervalMs: number | undefined;
  readonly redisWarnings: readonly string[];
  /** What the registry could not make sense of, other than instances. */
  readonly registryProblems: readonly { readonly path: string; readonly reason: string }[];
  readonly nowMs: number;
}

/** Says what is not as it should be, the worst first. Pure. */
export function findProblems(input: ProblemInput): StatusProblem[] {
  const problems = [
    ...ensembleProblems(input),
    ...membershipProblems(input),
    ...ringProblems(input),
    ...slotProblems(input),
    ...input.collectors.flatMap((collector) => collectorProblems(collector, input)),
    ...input.registryProblems.map(({ path, reason }) => warning('registry', `${path}: ${reason}`)),
    ...input.redisWarnings.map((text) => warning('redis', `Redis: ${text}`)),
  ];
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}

/** The targets that do worst, in the order in which somebody would look at them. */
export function worstTargets(entries: readonly TargetEntry[]): TargetEntry[] {
  const rank = { down: 0, rejected: 1, unknown: 2, up: 3 } as const;
  return entries
    .filter(({ health }) => health !== 'up')
    .sort((a, b) => rank[a.health] - rank[b.health] || (a.target < b.target ? -1 : 1))
    .slice(0, MAX_WORST_TARGETS);
}

/** While ZooKeeper as a whole is away, its own line says so. */
function ensembleProblems({ servers, isRegistryKnown }: ProblemInput): StatusProblem[] {
  return isRegistryKnown
    ? servers.flatMap(({ server, serving, problem }) =>
        serving === false ? [warning('ensemble', `ZooKeeper server ${server}: ${problem ?? 'it does not serve'}`)] : [],
      )
    : [];
}

function membershipProblems({ isRegistryKnown, isStoreKnown, collectors, targetCount }: ProblemInput): StatusProblem[] {
  const registered = collectors.filter(({ state }) => state !== 'unregistered');
  if (!isRegistryKnown && isStoreKnown && collectors.length === 0) {
    return [error('membership', 'no collector has published a heartbeat')];
  }
  if (!isRegistryKnown || registered.some(({ state }) => state === 'active')) {
    return [];
  }
  if (registered.length === 0) {
    return [
      error(
        'membership',
        `no collector is registered${targetCount === 0 ? '' : `; ${targetCount} targets are not scraped`}`,
      ),
    ];
  }
  return [warning('membership', 'no collector is active yet; the registered ones are joining or draining')];
}

function ringProblems({ ring, isRegistryKnown }: ProblemInput): StatusProblem[] {
  if (ring.agreed !== false) {
    return [];
  }
  const by = isRegistryKnown ? `ring ${String(ring.version)}` : 'the same ring as the others';
  return [error('ring', `not working by ${by}: ${ring.deviating.join(', ')}`)];
}

function slotProblems({ slots }: ProblemInput): StatusProblem[] {
  if (slots === null) {
    return [];
  }
  const span =
    slots.windowSeconds === null
      ? 'since the collectors started'
      : `in the last ${formatSpan(slots.windowSeconds * 1000)}`;
  const lost = [
    slots.missed > 0 ? `${slots.missed} slots were missed` : '',
    slots.dropped > 0 ? `${slots.dropped} frames were dropped` : '',
  ].filter((text) => text !== '');
  return lost.map((text) =>
    slots.windowSeconds === null ? warning('slots', `${text} ${span}`) : error('slots', `${text} ${span}`),
  );
}

function collectorProblems(collector: CollectorEntry, input: ProblemInput): StatusProblem[] {
  const { collector: id, state, lastSeen, clockSkewSeconds, bufferedFrames } = collector;
  const problems: StatusProblem[] = [];
  if (state === 'unregistered') {
    problems.push(warning('collector', `${id} has a heartbeat and no znode: cut off from ZooKeeper, or leaving`));
  }
  if (state === 'active' && input.isStoreKnown) {
    const ageMs = lastSeen === null ? undefined : input.nowMs - Date.parse(lastSeen);
    if (ageMs === undefined || ageMs > HEARTBEAT_PATIENCE_MS) {
      problems.push(error('collector', `${id} is registered and has no fresh heartbeat in Redis`));
    }
  }
  if (collector.zookeeper !== null && collector.zookeeper !== 'connected' && state !== 'unregistered') {
    problems.push(
      warning(
        'collector',
        `${id} says that its ZooKeeper session is ${collector.zookeeper}; it goes on by its last good view`,
      ),
    );
  }
  const { smallestIntervalMs } = input;
  if (clockSkewSeconds !== null && smallestIntervalMs !== undefined) {
    const limitSeconds = (smallestIntervalMs * SKEW_SHARE) / 1000;
    if (Math.abs(clockSkewSeconds) > limitSeconds) {
      problems.push(
        warning(
          'collector',
          `the clock of ${id} is ${clockSkewSeconds.toFixed(3)} s off Redis's, more than ${limitSeconds} s`,
        ),
      );
    }
  }
  if (bufferedFrames !== null && bufferedFrames > 0 && isStuck(collector)) {
    problems.push(warning('collector', `${id} holds ${bufferedFrames} frames back that Redis has not taken`));
  }
  return problems;
}

/** Frames wait for a moment in ordinary operation; only a lag of seconds is worth a word. */
function isStuck({ lagSeconds }: CollectorEntry): boolean {
  return lagSeconds !== null && lagSeconds > 2;
}

function isError({ severity }: StatusProblem): boolean {
  return severity === 'error';
}

function error(about: ProblemSubject, text: string): StatusProblem {
  return { severity: 'error', about, text };
}

function warning(about: ProblemSubject, text: string): StatusProblem {
  return { severity: 'warning', about, text };
}
