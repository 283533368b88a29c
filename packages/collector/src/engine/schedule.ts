import { phaseMs, type Target } from '@pulsekeeper/model';
import type { TargetWriter } from '@pulsekeeper/store';

import { projectionOptions } from '../record/projection-options.ts';
import { SeriesProjection } from '../record/series-projection.ts';
import type { SlotScraper } from '../scrape/target-scraper.ts';
import type { EngineContext } from './engine-context.ts';

/** A target with its rhythm and what it takes to scrape and record it, once its registration has been read and is good. */
export interface Schedule {
  readonly target: Target;
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly projection: SeriesProjection;
  readonly writer: TargetWriter;
  /** Made at the first scrape: backups seldom need it. */
  scraper: SlotScraper | undefined;
}

/** Makes the schedule that a target's rule asks for. */
export function scheduleOf(target: Target, context: Pick<EngineContext, 'schemas' | 'frames'>): Schedule {
  const { id, labels } = target;
  const { intervalMs, retentionMs, downsample } = target.rule;
  return {
    target,
    intervalMs,
    phaseMs: phaseMs(id, intervalMs),
    projection: new SeriesProjection(projectionOptions(target, context.schemas)),
    writer: context.frames.open({ id, labels, retentionMs, downsample }),
    scraper: undefined,
  };
}
