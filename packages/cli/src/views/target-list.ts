import { formatDuration, type ForeignKind, type Parsed, type Target, type TargetId } from '@pulsekeeper/model';
import type { InstancePlace } from '@pulsekeeper/registry';
import type { LastReport } from '@pulsekeeper/store';

import { formatInstant, formatSpan } from '../output/format-age.ts';
import { isAlive, type CountedSlots, type Heartbeat } from './heartbeat.ts';

/**
 * How a target does.
 *
 * - `up`, `down`: how its latest slot ended.
 * - `unknown`: registered, and no recent record says how it does.
 * - `rejected`: its registration is wrong, so nobody scrapes it.
 */
export type TargetHealth = 'up' | 'down' | 'unknown' | 'rejected';

/** One target as `targets --json` shows it. `null` stands for what is not known. */
export interface TargetEntry {
  readonly target: TargetId;
  /** The collector that the ring gives it to now. */
  readonly owner: string | null;
  /** All owners in the order of rank. */
  readonly owners: readonly string[];
  readonly health: TargetHealth;
  /** Why it is down, unknown or rejected. */
  readonly lastError: string | null;
  /** A Prometheus duration. */
  readonly interval: string | null;
  /** RFC 3339; when the latest recorded scrape began. */
  readonly lastScrape: string | null;
  /** How long that scrape took, in seconds. */
  readonly lastDurationSeconds: number | null;
  readonly samples: number | null;
  readonly url: string | null;
  /** Whose format it is registered in: ours, or the kind of a foreign tree. */
  readonly registration: RegistrationKind;
  /** The znode that it is registered by. */
  readonly znode: string;
  /** Its slots over the time that was asked for; `null` when none was, or Redis is away. */
  readonly slots: TargetSlots | null;
  /** What the collectors count since they have had it; `null` where its owner does not say. */
  readonly counted: CountedSlots | null;
}

/** Whose format an instance is registered in. */
export type RegistrationKind = 'own' | ForeignKind;

/** How the slots of one target ended; `expected` is `written + missing`. */
export interface TargetSlots {
  readonly expected: number;
  readonly written: number;
  /** Those of `written` that record a failed scrape. */
  readonly failed: number;
  /** Those of `written` that were begun more than a tenth of the interval after the slot. */
  readonly late: number;
  readonly missing: number;
  readonly doubled: number;
}

/** A target as the registry has it. */
export interface RegisteredTarget {
  readonly id: TargetId;
  /** Its effective rule, or why there is none; `undefined` where it was not read, since its latest record says enough. */
  readonly target: Parsed<Target> | undefined;
  readonly place: InstancePlace;
}

/** What the list is made of. */
export interface TargetListInput {
  readonly targets: readonly RegisteredTarget[];
  readonly ownersOf: (id: TargetId) => readonly string[];
  /** The latest records, or why there are none. */
  readonly reports: { readonly ok: true; readonly value: ReadonlyMap<TargetId, LastReport> } | { readonly ok: false };
  /** The slots of each target, where they were counted. */
  readonly slots?: ReadonlyMap<TargetId, TargetSlots> | undefined;
  /** What the collectors published last; `undefined` while Redis is away. */
  readonly heartbeats: readonly Heartbeat[] | undefined;
  readonly nowMs: number;
}

/** So many intervals without a record, and this much more, make a target's health unknown. */
const STALE_INTERVALS = 2;
const STALE_GRACE_MS = 5000;

/** Puts together what the registry, the ring and the store say of each target; in the order given. `O(targets)`. */
export function listTargets(input: TargetListInput): TargetEntry[] {
  return [...eachTarget(input)];
}

/** As {@link listTargets}, one entry at a time. */
export function* eachTarget({
  targets,
  ownersOf,
  reports,
  slots,
  heartbeats,
  nowMs,
}: TargetListInput): Generator<TargetEntry, void, void> {
  const alive = (heartbeats ?? []).filter((beat) => isAlive(beat, nowMs));
  for (const { id, target, place } of targets) {
    const owners = ownersOf(id);
    const report = reports.ok ? reports.value.get(id) : undefined;
    const intervalMs = intervalOf(target, report);
    yield {
      target: id,
      owner: owners[0] ?? null,
      owners,
      ...judge(target, report, reports.ok, nowMs),
      interval: intervalMs === undefined ? null : formatDuration(intervalMs),
      lastScrape: report === undefined ? null : formatInstant(report.timestampMs),
      lastDurationSeconds: report?.report.durationSeconds ?? null,
      samples: report?.report.samplesScraped ?? null,
      url: target?.ok === true ? target.value.url : null,
      registration: place.source?.kind ?? 'own',
      znode: place.path,
      slots: slots?.get(id) ?? null,
      counted: countedOf(id, owners[0], alive),
    };
  }
}

/** Whether a record is so old that the target should have had another since; `intervalMs` is what its rule says now. */
export function isStale(report: LastReport, nowMs: number, intervalMs = 0): boolean {
  const patienceMs = STALE_INTERVALS * Math.max(report.intervalMs, intervalMs) + STALE_GRACE_MS;
  return nowMs - report.slotMs > patienceMs;
}

/** The interval that a target is scraped at: its rule's or, where that was not read, its latest record's. */
export function intervalOf(target: Parsed<Target> | undefined, report: LastReport | undefined): number | undefined {
  if (target === undefined) {
    return report?.intervalMs;
  }
  return target.ok ? target.value.rule.intervalMs : undefined;
}

/** How many targets are in which health. */
export function countHealth(entries: readonly TargetEntry[]): Record<TargetHealth, number> {
  const counts: Record<TargetHealth, number> = { up: 0, down: 0, unknown: 0, rejected: 0 };
  for (const { health } of entries) {
    counts[health] += 1;
  }
  return counts;
}

/** The sum over all collectors: one that had the target before still knows what went wrong then. */
function countedOf(id: TargetId, owner: string | undefined, alive: readonly Heartbeat[]): CountedSlots | null {
  const sum = { late: 0, missed: 0, refused: 0, dropped: 0 };
  let isKnown = false;
  for (const { id: collector, irregular } of alive) {
    const counts = irregular?.targets.get(id);
    if (collector === owner) {
      isKnown = counts !== undefined || irregular?.isComplete === true;
    }
    sum.late += counts?.late ?? 0;
    sum.missed += counts?.missed ?? 0;
    sum.refused += counts?.refused ?? 0;
    sum.dropped += counts?.dropped ?? 0;
  }
  return isKnown ? sum : null;
}

function judge(
  target: Parsed<Target> | undefined,
  report: LastReport | undefined,
  isStoreReachable: boolean,
  nowMs: number,
): Pick<TargetEntry, 'health' | 'lastError'> {
  if (target?.ok === false) {
    return { health: 'rejected', lastError: target.reason };
  }
  if (report === undefined) {
    return {
      health: 'unknown',
      lastError: isStoreReachable ? 'no scrape is recorded yet' : 'Redis could not be reached',
    };
  }
  if (report.endedMs !== undefined) {
    return { health: 'unknown', lastError: 'came back; not scraped since' };
  }
  if (isStale(report, nowMs, target?.value.rule.intervalMs)) {
    return { health: 'unknown', lastError: `no scrape is recorded for ${formatSpan(nowMs - report.slotMs)}` };
  }
  const { up, failure } = report.report;
  if (up) {
    return { health: 'up', lastError: null };
  }
  return {
    health: 'down',
    lastError: failure === undefined ? 'the scrape failed' : `${failure.reason}: ${failure.message}`,
  };
}
