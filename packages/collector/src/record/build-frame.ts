import type { ScrapeReport } from '@pulsekeeper/model';
import type { Frame } from '@pulsekeeper/store';

import type { ScrapeOutcome } from '../scrape/target-scraper.ts';
import type { ProjectedSamples, SeriesProjection } from './series-projection.ts';

/** Everything that makes the record of one slot. */
export interface FrameInput {
  readonly slotMs: number;
  readonly intervalMs: number;
  /** Slot time at which the deciding attempt began. */
  readonly begunAtMs: number;
  /** What it read was prepared by the projection. */
  readonly outcome: ScrapeOutcome;
  readonly projection: SeriesProjection;
}

/** The record, with what was left out of it. */
export interface ScrapeFrame extends Frame {
  readonly samples: ProjectedSamples | undefined;
}

/** Share of an interval by which a scrape may begin after its slot and still carry the slot's time. */
const PUNCTUAL_SHARE = 0.1;

/** Whether a scrape began so late after its slot that it must carry its true time. */
export function isLate(begunAtMs: number, slotMs: number, intervalMs: number): boolean {
  return begunAtMs - slotMs > PUNCTUAL_SHARE * intervalMs;
}

/**
 * Builds the one record that a slot ends in: the samples, or `up 0` with the reason. The timestamp is the slot's, so
 * that series keep an even rhythm, unless the scrape was late.
 */
export function buildFrame(input: FrameInput): ScrapeFrame {
  const { slotMs, intervalMs, begunAtMs, outcome, projection } = input;
  const { exposition, error } = outcome;
  const projected = exposition === undefined ? undefined : projection.project(exposition);
  const good: ScrapeReport = {
    up: projected !== undefined,
    durationSeconds: outcome.durationMs / 1000,
    samplesScraped: exposition?.size ?? 0,
    samplesPostRelabel: projected?.values.length ?? 0,
    seriesAdded: projected?.seriesAdded ?? 0,
    attempts: outcome.attempts,
    bodyBytes: outcome.bodyBytes,
  };
  const report = error === undefined ? good : { ...good, failure: { reason: error.reason, message: error.message } };
  const timestampMs = isLate(begunAtMs, slotMs, intervalMs) ? Math.round(begunAtMs) : slotMs;
  return { slotMs, intervalMs, timestampMs, report, samples: projected };
}
