import { DEFAULT_PARSE_LIMITS, type ParseLimits } from '@pulsekeeper/exposition';
import type { ScrapeRule } from '@pulsekeeper/model';

/** Beyond what any rule can ask for: the body's size and the length of its lines are what bounds these then. */
const BEFORE_RELABELLING: ParseLimits = {
  maxSamples: 10_000_000,
  maxLabels: 1_024,
  maxLabelNameBytes: 65_536,
  maxLabelValueBytes: 65_536,
};

/** Samples of a rule's limit for each metric family that it allows. */
const SAMPLES_A_FAMILY = 10;

/** What a body may hold: what the rule says, unless the series are relabelled first, since it counts what is left then. */
export function parseLimitsOf(rule: ScrapeRule): ParseLimits {
  if (rule.metricRelabel.length > 0) return BEFORE_RELABELLING;
  return {
    maxSamples: rule.sampleLimit,
    maxLabels: rule.labelLimit,
    maxLabelNameBytes: rule.labelNameLengthLimit,
    maxLabelValueBytes: rule.labelValueLengthLimit,
    maxMetricFamilies: Math.max(DEFAULT_PARSE_LIMITS.maxMetricFamilies, rule.sampleLimit / SAMPLES_A_FAMILY),
  };
}
