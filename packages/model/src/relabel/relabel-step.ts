/** What a step of relabelling does; the names and meanings are Prometheus'. */
export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** One of {@link RELABEL_ACTIONS}. */
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/**
 * One step of relabelling, checked, with its defaults filled in. Plain data: it can be compared and written as JSON.
 * {@link compileRelabelling} makes it work.
 */
export interface RelabelStep {
  readonly action: RelabelAction;
  /** Their values, joined by the separator, are what the step looks at. */
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** RE2 syntax; it must match the whole value. */
  readonly regex: string;
  /** What `hashmod` divides by; 0 for the other actions. */
  readonly modulus: number;
  /** The label that is written. With `replace` it may have `$1` and `${name}` in it. */
  readonly targetLabel: string;
  /** With `$1` and `${name}` for what groups of the expression matched. */
  readonly replacement: string;
}

/** What a field of a step is when it is left out: Prometheus' defaults. */
export const DEFAULT_RELABEL_STEP: RelabelStep = Object.freeze({
  action: 'replace',
  sourceLabels: Object.freeze([]),
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
});

/** The JSON name of each field of a step. */
export const RELABEL_FIELD_NAMES = {
  action: 'action',
  sourceLabels: 'source_labels',
  separator: 'separator',
  regex: 'regex',
  modulus: 'modulus',
  targetLabel: 'target_label',
  replacement: 'replacement',
} as const satisfies Record<keyof RelabelStep, string>;
