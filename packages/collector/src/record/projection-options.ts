import { compileRelabelling, type Target } from '@pulsekeeper/model';

import type { SchemaCache } from './schema-cache.ts';
import type { SeriesProjectionOptions } from './series-projection.ts';

/** How the scrapes of a target are projected, by its rule. */
export function projectionOptions({ labels, rule }: Target, schemas: SchemaCache): SeriesProjectionOptions {
  const { honorLabels, honorTimestamps, metricRelabel } = rule;
  const common = { schemas, targetLabels: labels, honorLabels, honorTimestamps };
  if (metricRelabel.length === 0) return common;
  const { sampleLimit, labelLimit, labelNameLengthLimit, labelValueLengthLimit, timeoutMs } = rule;
  return {
    ...common,
    relabelling: compileRelabelling(metricRelabel),
    limits: { sampleLimit, labelLimit, labelNameLengthLimit, labelValueLengthLimit },
    relabelBudgetMs: timeoutMs,
  };
}
