export { assertNever } from './assert-never.ts';
export { fullJitterBackoff } from './backoff.ts';
export { formatByteSize, parseByteSize } from './byte-size.ts';
export { systemClock } from './clock.ts';
export { deferred } from './deferred.ts';
export { AGGREGATORS, formatDownsampleRule, parseDownsampleRule } from './downsample-rule.ts';
export { formatDuration, parseDuration } from './duration.ts';
export {
  InvalidByteSizeError,
  InvalidDurationError,
  InvalidNameError,
  InvalidRegistrationError,
  InvalidSelectorError,
  InvalidSeriesKeyError,
  ModelError,
  RelabelError,
} from './errors.ts';
export { effectiveTarget } from './effective-target.ts';
export { parseForeignInstance } from './foreign-instance.ts';
export { foreignChild, instanceNameOfNode, nodeNameOfInstance } from './foreign-name.ts';
export { FOREIGN_KINDS } from './foreign-source.ts';
export { identityHash } from './identity-hash.ts';
export { instanceJsonSchema, parseInstance, serializeInstance } from './instance-record.ts';
export {
  compareNames,
  isClassicLabelName,
  isClassicMetricName,
  labelSetOf,
  labelValue,
  METRIC_NAME_LABEL,
  newLabelSet,
} from './labels.ts';
export { silentLogger } from './logger.ts';
export { compileMatcher, compileMatchers } from './matcher.ts';
export { checkName, explainInvalidName, isValidName } from './name.ts';
export { flattenSettings } from './nested-settings.ts';
export { MAX_REASON_LENGTH } from './refusal.ts';
export { parseClusterDefaults, parseServiceRule, ruleJsonSchema } from './rule-document.ts';
export { formatRelabelStep } from './relabel/format-step.ts';
export { holdsPassword, redactUrl, redactUrls } from './redact-url.ts';
export { RELABEL_ACTIONS } from './relabel/relabel-step.ts';
export { compileRelabelling, dependsOnValueOf } from './relabel/relabelling.ts';
export { isProfileName, RESERVED_LABELS } from './rule-field.ts';
export { RULE_SOURCES } from './rule-origin.ts';
export {
  FAILURE_REASONS,
  failureReasonCode,
  failureReasonOfCode,
  MAX_FAILURE_MESSAGE_LENGTH,
} from './scrape-report.ts';
export { DEFAULT_RULE_BOUNDS, DEFAULT_SCRAPE_RULE, effectiveBounds, NO_CLUSTER_DEFAULTS } from './scrape-rule.ts';
export { parseSelector } from './selector.ts';
export { formatSeriesKey, parseSeriesKey } from './series-key.ts';
export { createSeriesSchema } from './series-schema.ts';
export { cutText, escapeUnsafe, hasUnsafeCharacter, showValue } from './show-value.ts';
export { signalWithin } from './signal-within.ts';
export {
  countSlotsBetween,
  phaseMs,
  SLOT_QUANTUM_MS,
  slotAfter,
  slotAtOrAfter,
  slotAtOrBefore,
  slotsBetween,
} from './slot.ts';
export { firstRoutableAddress } from './routable-address.ts';
export { formatAddress, readAddress } from './target-address.ts';
export { knownTargetId, parseTargetId, splitTargetId, targetId } from './target-id.ts';

export type { BackoffOptions } from './backoff.ts';
export type { Clock } from './clock.ts';
export type { Deferred } from './deferred.ts';
export type { Aggregator, DownsampleRule } from './downsample-rule.ts';
export type { ModelErrorCode } from './errors.ts';
export type { Target } from './effective-target.ts';
export type { ForeignChild } from './foreign-name.ts';
export type { ForeignKind, ForeignSource } from './foreign-source.ts';
export type { InstanceInput, InstanceRecord } from './instance-record.ts';
export type { LabelSet } from './labels.ts';
export type { Logger, LogMethod } from './logger.ts';
export type { Matcher, MatchOperator } from './matcher.ts';
export type { FileSetting } from './nested-settings.ts';
export type { Parsed, Refused } from './parsed.ts';
export type { RelabelAction, RelabelStep } from './relabel/relabel-step.ts';
export type { Relabelled, Relabelling } from './relabel/relabelling.ts';
export type { ReadOptions } from './rule-document.ts';
export type { FieldOrigin, RuleOrigins, RuleSource } from './rule-origin.ts';
export type {
  ClusterDefaults,
  RuleBounds,
  RuleOverrides,
  Scheme,
  ScrapeParams,
  ScrapeRule,
  ServiceRule,
} from './scrape-rule.ts';
export type { NetworkInterfaces } from './routable-address.ts';
export type { FailureReason, ScrapeFailure, ScrapeReport } from './scrape-report.ts';
export type { MetricMetadata, SeriesSchema } from './series-schema.ts';
export type { TargetAddress } from './target-address.ts';
export type { TargetId } from './target-id.ts';
export type { TargetLayers } from './target-layers.ts';
export { MAX_ZNODE_BYTES } from './znode-json.ts';
