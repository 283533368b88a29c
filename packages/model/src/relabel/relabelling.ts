import type { LabelSet } from '../labels.ts';
import { compileStep } from './compile-step.ts';
import { hasReference } from './template.ts';
import { LabelDraft } from './label-draft.ts';
import type { RelabelStep } from './relabel-step.ts';

/** What became of a set of labels. */
export type Relabelled =
  | { readonly isDropped: false; readonly labels: LabelSet }
  /** `step`: which one dropped it, from 0. */
  | { readonly isDropped: true; readonly step: number };

/** A list of steps, ready to work. */
export interface Relabelling {
  readonly steps: readonly RelabelStep[];
  /**
   * Does the steps in order until one drops the set. The set given stays as it is, and is returned when no step changed it.
   *
   * Linear in the length of the labels for each step.
   *
   * @throws RelabelError when a value or the set becomes absurdly large.
   */
  apply(labels: LabelSet): Relabelled;
}

const compiled = new WeakMap<readonly RelabelStep[], Relabelling>();

/**
 * Compiles a list of steps by Prometheus' semantics. The same list gives the same object again.
 *
 * @throws SyntaxError when a regular expression is none, which steps that were read from a rule never have.
 */
export function compileRelabelling(steps: readonly RelabelStep[]): Relabelling {
  const known = compiled.get(steps);
  if (known !== undefined) {
    return known;
  }
  const actions = steps.map(compileStep);
  const relabelling: Relabelling = {
    steps,
    apply: (labels) => {
      const draft = new LabelDraft(labels);
      for (const [step, action] of actions.entries()) {
        if (!action(draft)) {
          return { isDropped: true, step };
        }
      }
      return { isDropped: false, labels: draft.isChanged ? draft.toLabelSet() : labels };
    },
  };
  compiled.set(steps, relabelling);
  return relabelling;
}

/**
 * Whether the outcome may depend on the value of a label, beyond whether it is there. Errs on the side of `true`.
 */
export function dependsOnValueOf(steps: readonly RelabelStep[], name: string): boolean {
  return steps.some(({ action, sourceLabels, targetLabel }) => {
    switch (action) {
      case 'labelmap':
        return true;
      case 'labeldrop':
      case 'labelkeep':
        return false;
      case 'replace':
        return sourceLabels.includes(name) || targetLabel === name || hasReference(targetLabel);
      case 'keep':
      case 'drop':
      case 'keepequal':
      case 'dropequal':
      case 'hashmod':
      case 'lowercase':
      case 'uppercase':
        return sourceLabels.includes(name) || targetLabel === name;
    }
  });
}
