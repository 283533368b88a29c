import type { CollectorMembership } from '@pulsekeeper/registry';

import type { CollectorParts } from '../collector-parts.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import type { CollectorPhase, CollectorReport } from './collector-report.ts';
import { irregularTargets } from './irregular-targets.ts';
import { RecentWindow } from './recent-window.ts';
import { NO_SLOTS, perSecond, tallyTargets } from './target-tally.ts';

/** The window of the `recent` counts of a report. */
const RECENT_MS = 300_000;

/** The window of the rate of samples. */
const RATE_MS = 10_000;

/** What the reporter cannot see in the parts. */
export interface ReporterSources {
  readonly phase: () => CollectorPhase;
  readonly statusUrl: () => string;
  readonly startedAtMs: () => number;
  readonly rulesAppliedAtMs: () => number | undefined;
  readonly membership: () => CollectorMembership | undefined;
}

/** Puts together what a collector says of itself. */
export class Reporter {
  readonly #parts: CollectorParts;
  readonly #sources: ReporterSources;
  readonly #recent = new RecentWindow(RECENT_MS);

  constructor(parts: CollectorParts, sources: ReporterSources) {
    this.#parts = parts;
    this.#sources = sources;
  }

  /** The report for a heartbeat; moves the windows on. */
  beat(): CollectorReport {
    const { clock, engine, metrics } = this.#parts;
    this.#recent.add(clock.monotonic(), engine.totals.snapshot(), metrics.samples);
    return this.report();
  }

  /** The report as of now. */
  report(): CollectorReport {
    const { options, reference, slotClock, engine, session, standing, pulse, metrics, store, directory } = this.#parts;
    const nowMs = slotClock.now();
    const record = this.#sources.membership()?.record;
    const states = engine.describeTargets();
    const tally = tallyTargets(states);
    const health = store.health();
    const recent = this.#recent.since(RECENT_MS);
    const rate = this.#recent.since(RATE_MS);
    return {
      id: options.id,
      publishedAtMs: Math.round(nowMs),
      version: PROGRAM_VERSION,
      statusUrl: this.#sources.statusUrl(),
      state: this.#sources.phase(),
      startedAtMs: Math.round(this.#sources.startedAtMs()),
      rulesAppliedAtMs: roundedOrNone(this.#sources.rulesAppliedAtMs()),
      activeFromMs: record?.activeFromMs ?? 0,
      drainAtMs: record?.drainAtMs,
      ring: engine.plan?.ringVersionAt(nowMs),
      members: engine.plan?.epochAt(nowMs)?.members.length ?? 0,
      zookeeper: session.state.kind,
      isLeaseHeld: session.lease.isHeld(),
      isDemoted: !standing.isSure(),
      targets: tally.owned,
      otherTargets: tally.others,
      up: tally.up,
      down: tally.down,
      rejected: tally.rejected,
      registrationProblems: directory.view.problems.length,
      samples: metrics.samples,
      samplesPerSecond: rate === undefined ? 0 : perSecond(rate.samples, rate.windowMs),
      lagMs: Math.round(engine.takeLagMs() * 10) / 10,
      stalls: pulse.stallCount,
      clockSkewMs: reference.skewMs === undefined ? undefined : Math.round(reference.skewMs * 10) / 10,
      store: health.state,
      bufferedFrames: health.bufferedFrames,
      bufferedBytes: health.bufferedBytes,
      storeError: health.lastError?.message,
      residentBytes: process.memoryUsage.rss(),
      slots: engine.totals.snapshot(),
      recent: { windowMs: Math.round(recent?.windowMs ?? 0), slots: recent?.slots ?? NO_SLOTS },
      irregular: irregularTargets(states),
      failures: metrics.failures,
    };
  }
}

function roundedOrNone(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : Math.round(timeMs);
}
