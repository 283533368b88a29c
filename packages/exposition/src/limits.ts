/** Bounds on what one body may hold; going over one refuses the body with a `LimitError`. */
export interface ParseLimits {
  /** Samples in one body, duplicates counted. @defaultValue 500 000 */
  readonly maxSamples?: number | undefined;
  /** Labels of one sample, the metric name not counted. @defaultValue 64 */
  readonly maxLabels?: number | undefined;
  /** Bytes of a metric or label name as written. @defaultValue 256 */
  readonly maxLabelNameBytes?: number | undefined;
  /** Bytes of a label value as written. @defaultValue 4096 */
  readonly maxLabelValueBytes?: number | undefined;
  /** Bytes of one line, its newline not counted. @defaultValue 65 536 */
  readonly maxLineBytes?: number | undefined;
  /** Metric families with metadata. Each costs a JavaScript object, unlike a sample. @defaultValue 50 000 */
  readonly maxMetricFamilies?: number | undefined;
}

/** The defaults of {@link ParseLimits}. They are far above what exporters send and far below what hurts. */
export const DEFAULT_PARSE_LIMITS = {
  maxSamples: 500_000,
  maxLabels: 64,
  maxLabelNameBytes: 256,
  maxLabelValueBytes: 4096,
  maxLineBytes: 65_536,
  maxMetricFamilies: 50_000,
} as const satisfies Required<ParseLimits>;

/** Limits with every field set. */
export type ResolvedParseLimits = Readonly<Record<keyof ParseLimits, number>>;

/**
 * Fills in defaults.
 * @throws RangeError when a limit is not a positive number; `Infinity` switches a limit off.
 */
export function resolveParseLimits(limits: ParseLimits | undefined): ResolvedParseLimits {
  const resolved: Record<keyof ParseLimits, number> = { ...DEFAULT_PARSE_LIMITS };
  for (const name of Object.keys(DEFAULT_PARSE_LIMITS) as (keyof ParseLimits)[]) {
    const value = limits?.[name];
    if (value === undefined) continue;
    if (!(value > 0)) throw new RangeError(`${name} must be a positive number, not ${value}`);
    resolved[name] = value;
  }
  return resolved;
}
