/**
 * Label names with their values; where it stands for a series, the metric's name is under `__name__`.
 *
 * Sets made by this package have no prototype, so that a label named `constructor` or `__proto__` is a label like any
 * other. Read foreign sets with {@link labelValue}.
 */
export type LabelSet = Readonly<Record<string, string>>;

/** The label that holds a metric's name. */
export const METRIC_NAME_LABEL = '__name__';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Whether a label can be written without quotes: `[a-zA-Z_][a-zA-Z0-9_]*`. */
export function isClassicLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** Whether a metric can be written without quotes: `[a-zA-Z_:][a-zA-Z0-9_:]*`. */
export function isClassicMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

/** An empty set to be filled: a map without a prototype. */
export function newLabelSet(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/** A set from pairs; a later pair wins over an earlier one of the same name. */
export function labelSetOf(entries: Iterable<readonly [name: string, value: string]>): LabelSet {
  const labels = newLabelSet();
  for (const [name, value] of entries) {
    labels[name] = value;
  }
  return labels;
}

/** The value of a label, `''` when it is absent: in Prometheus' model the two are the same. */
export function labelValue(labels: LabelSet, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/**
 * Compares names in the order of their UTF-8 bytes, which is the order of Prometheus and of canonical series keys.
 * Differs from `<` only where surrogate pairs meet the code points from U+E000 to U+FFFF.
 */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit !== rightUnit) {
      return codePointRank(leftUnit) - codePointRank(rightUnit);
    }
  }
  return left.length - right.length;
}

function codePointRank(unit: number): number {
  // Surrogates stand for code points above all others.
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit;
}
