import type * as z from 'zod';
import { fieldOf, isText, isWholeNumber, refusePart, RESERVED_LABELS, type PartRefusal } from '../rule-field.ts';
import { isClassicLabelName } from '../labels.ts';
import { showValue } from '../show-value.ts';
import { ownFields, type OwnFields } from '../znode-json.ts';
import { compileAnchoredPattern, MAX_RELABEL_PATTERN_LENGTH } from './anchored-pattern.ts';
import {
  DEFAULT_RELABEL_STEP,
  RELABEL_ACTIONS,
  RELABEL_FIELD_NAMES,
  type RelabelAction,
  type RelabelStep,
} from './relabel-step.ts';
import { hasReference } from './template.ts';

/** What the steps act on: the labels of a target, or those of each of its series. */
export type RelabelSubject = 'target' | 'series';

const MAX_STEPS = 64;
/** All expressions of a list together: compiling takes up to 0.1 ms a character. */
const MAX_PATTERNS_LENGTH = 8192;
const MAX_SOURCE_LABELS = 64;
const MAX_NAME_LENGTH = 256;
const MAX_TEXT_LENGTH = 1024;

/** The fields that each action uses besides `action`. */
const FIELDS_OF: Readonly<Record<RelabelAction, readonly (keyof RelabelStep)[]>> = {
  replace: ['sourceLabels', 'separator', 'regex', 'targetLabel', 'replacement'],
  keep: ['sourceLabels', 'separator', 'regex'],
  drop: ['sourceLabels', 'separator', 'regex'],
  keepequal: ['sourceLabels', 'targetLabel'],
  dropequal: ['sourceLabels', 'targetLabel'],
  hashmod: ['sourceLabels', 'separator', 'modulus', 'targetLabel'],
  labelmap: ['regex', 'replacement'],
  labeldrop: ['regex'],
  labelkeep: ['regex'],
  lowercase: ['sourceLabels', 'separator', 'targetLabel'],
  uppercase: ['sourceLabels', 'separator', 'targetLabel'],
};

/** Fields that an action refuses, as Prometheus does, unless they stand at their default. All others it ignores. */
const REFUSED_BY: Readonly<Partial<Record<RelabelAction, readonly (keyof RelabelStep)[]>>> = {
  keepequal: ['separator', 'regex', 'modulus', 'replacement'],
  dropequal: ['separator', 'regex', 'modulus', 'replacement'],
  labeldrop: ['sourceLabels', 'separator', 'modulus', 'targetLabel', 'replacement'],
  labelkeep: ['sourceLabels', 'separator', 'modulus', 'targetLabel', 'replacement'],
  lowercase: ['replacement'],
  uppercase: ['replacement'],
};

const FIELDS = Object.keys(DEFAULT_RELABEL_STEP) as readonly (keyof RelabelStep)[];

/**
 * A list of relabelling steps, under their names in Prometheus' configuration. Unlike elsewhere in a rule an unknown field
 * is refused: a step that is only half understood would do something else than was meant.
 */
export function relabelField(name: string, subject: RelabelSubject): z.ZodType<readonly RelabelStep[]> {
  return fieldOf<readonly RelabelStep[]>({
    allowed: `a list of at most ${MAX_STEPS} relabelling steps`,
    read: (value) => readSteps(name, value, subject),
    jsonSchema: {
      type: 'array',
      maxItems: MAX_STEPS,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          action: { type: 'string', enum: [...RELABEL_ACTIONS] },
          source_labels: { type: 'array', maxItems: MAX_SOURCE_LABELS, items: { type: 'string' } },
          separator: { type: 'string', maxLength: MAX_TEXT_LENGTH },
          regex: { type: 'string', maxLength: MAX_RELABEL_PATTERN_LENGTH },
          modulus: { type: 'integer', minimum: 1 },
          target_label: { type: 'string', maxLength: MAX_NAME_LENGTH },
          replacement: { type: 'string', maxLength: MAX_TEXT_LENGTH },
        },
      },
    },
  });
}

function readSteps(
  name: string,
  value: unknown,
  subject: RelabelSubject,
): readonly RelabelStep[] | PartRefusal | undefined {
  if (!Array.isArray(value) || value.length > MAX_STEPS) {
    return undefined;
  }
  const steps: RelabelStep[] = [];
  let patternsLength = 0;
  for (const [index, given] of (value as readonly unknown[]).entries()) {
    const step = readStep(`${name}[${index}]`, given, subject);
    if ('isRefusal' in step) {
      return step;
    }
    steps.push(step);
    patternsLength += step.regex.length;
  }
  if (patternsLength > MAX_PATTERNS_LENGTH) {
    const allowed = `at most ${MAX_PATTERNS_LENGTH} characters in all expressions together`;
    return refusePart(name, `${patternsLength} characters of regex`, allowed);
  }
  return steps;
}

function readStep(path: string, value: unknown, subject: RelabelSubject): RelabelStep | PartRefusal {
  const fields = ownFields(value);
  if (fields === undefined) {
    return refusePart(path, showValue(value), 'an object with an action and its fields');
  }
  const given = fields['action'] ?? DEFAULT_RELABEL_STEP.action;
  const action = typeof given === 'string' ? given.toLowerCase() : given;
  if (!isAction(action)) {
    return refusePart(`${path}.action`, showValue(given), RELABEL_ACTIONS.join(', '));
  }
  const stray = Object.keys(fields).find((field) => isStray(field, fields[field], action));
  if (stray !== undefined) {
    const taken = FIELDS_OF[action].map((field): string => RELABEL_FIELD_NAMES[field]);
    return refusePart(`${path}: a field`, showValue(stray), `with the action ${action}: ${taken.join(', ')}`);
  }
  return readFields(path, fields, action, subject);
}

/** Whether a field is none of a step, or one that the action refuses. */
function isStray(name: string, value: unknown, action: RelabelAction): boolean {
  const field = FIELDS.find((known) => RELABEL_FIELD_NAMES[known] === name);
  if (field === undefined) {
    return true;
  }
  return REFUSED_BY[action]?.includes(field) === true && !isDefault(field, value);
}

function isDefault(field: keyof RelabelStep, value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value === DEFAULT_RELABEL_STEP[field];
}

function readFields(
  path: string,
  fields: OwnFields,
  action: RelabelAction,
  subject: RelabelSubject,
): RelabelStep | PartRefusal {
  // What the action ignores stays at its default, whatever it says.
  const used = (field: keyof RelabelStep): unknown =>
    (FIELDS_OF[action].includes(field) ? fields[RELABEL_FIELD_NAMES[field]] : undefined) ?? DEFAULT_RELABEL_STEP[field];
  const step: RelabelStep = {
    action,
    sourceLabels: used('sourceLabels') as readonly string[],
    separator: used('separator') as string,
    regex: used('regex') as string,
    modulus: used('modulus') as number,
    targetLabel: used('targetLabel') as string,
    replacement: used('replacement') as string,
  };
  return problemIn(path, step, subject) ?? step;
}

function problemIn(path: string, step: RelabelStep, subject: RelabelSubject): PartRefusal | undefined {
  const { action, sourceLabels, separator, regex, modulus, targetLabel, replacement } = step;
  const names: unknown = sourceLabels;
  if (!Array.isArray(names) || names.length > MAX_SOURCE_LABELS || !names.every(isLabelName)) {
    const allowed = `a list of at most ${MAX_SOURCE_LABELS} label names`;
    return refusePart(`${path}.source_labels`, showValue(names), allowed);
  }
  for (const [field, text] of [
    ['separator', separator],
    ['replacement', replacement],
  ] as const) {
    // A tab is what lists are joined by here and there.
    const isGood = typeof text === 'string' && isText(text.replaceAll('\t', ' '), MAX_TEXT_LENGTH);
    if (!isGood) {
      const allowed = `a text of at most ${MAX_TEXT_LENGTH} characters without control characters but tabs`;
      return refusePart(`${path}.${field}`, showValue(text), allowed);
    }
  }
  const broken = patternProblem(regex);
  if (broken !== undefined) {
    return refusePart(`${path}.regex`, showValue(regex), broken);
  }
  if (action === 'hashmod' && !(isWholeNumber(modulus) && modulus >= 1)) {
    const shown = modulus === DEFAULT_RELABEL_STEP.modulus ? 'missing or 0' : showValue(modulus);
    return refusePart(`${path}.modulus`, shown, `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`);
  }
  return FIELDS_OF[action].includes('targetLabel') ? targetProblem(path, action, targetLabel, subject) : undefined;
}

function targetProblem(
  path: string,
  action: RelabelAction,
  name: unknown,
  subject: RelabelSubject,
): PartRefusal | undefined {
  const field = `${path}.target_label`;
  const shown = name === '' ? 'missing' : showValue(name);
  if (!isLabelName(name)) {
    return refusePart(field, shown, `the name of a label, 1 to ${MAX_NAME_LENGTH} characters`);
  }
  const isTemplate = action === 'replace' && hasReference(name);
  const isWritten = action !== 'keepequal' && action !== 'dropequal';
  if (subject === 'series' || !isWritten || isTemplate) {
    return undefined;
  }
  if (RESERVED_LABELS.includes(name)) {
    return refusePart(field, shown, `any name but ${RESERVED_LABELS.join(', ')}: they are the target's identity`);
  }
  return isClassicLabelName(name) ? undefined : refusePart(field, shown, 'letters, digits and "_", not a digit first');
}

function patternProblem(regex: unknown): string | undefined {
  if (typeof regex !== 'string' || regex.length > MAX_RELABEL_PATTERN_LENGTH) {
    return `a regular expression of at most ${MAX_RELABEL_PATTERN_LENGTH} characters`;
  }
  try {
    compileAnchoredPattern(regex);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    return `a regular expression in RE2 syntax (${why})`;
  }
}

/** As in Prometheus 3 any text may name a label. */
function isLabelName(name: unknown): name is string {
  return isText(name, MAX_NAME_LENGTH) && name !== '';
}

function isAction(value: unknown): value is RelabelAction {
  return typeof value === 'string' && (RELABEL_ACTIONS as readonly string[]).includes(value);
}
