import { createHash } from 'node:crypto';
import { compileAnchoredPattern, type AnchoredPattern } from './anchored-pattern.ts';
import { MAX_RELABELLED_VALUE_LENGTH, type LabelDraft } from './label-draft.ts';
import type { RelabelStep } from './relabel-step.ts';
import { RelabelError } from '../errors.ts';
import { compileTemplate } from './template.ts';

/** Does one step to a set of labels. Returns whether the set is kept. */
export type CompiledStep = (labels: LabelDraft) => boolean;

/** Values repeat from series to series, and RE2 takes microseconds a value. */
const MAX_REMEMBERED_VALUES = 1000;
/** Longer ones seldom repeat, and would hold memory. */
const MAX_REMEMBERED_LENGTH = 256;

/**
 * Compiles a step.
 *
 * @throws SyntaxError when the regular expression is none.
 */
export function compileStep(step: RelabelStep): CompiledStep {
  const { sourceLabels, separator, targetLabel } = step;
  const source = (labels: LabelDraft): string => joinBounded(labels, sourceLabels, separator);
  switch (step.action) {
    case 'replace':
      return compileReplace(step, source);
    case 'keep':
    case 'drop': {
      const isMatch = rememberingTest(compileAnchoredPattern(step.regex));
      const keepsMatches = step.action === 'keep';
      return (labels) => isMatch(source(labels)) === keepsMatches;
    }
    case 'keepequal':
      return (labels) => labels.get(targetLabel) === source(labels);
    case 'dropequal':
      return (labels) => labels.get(targetLabel) !== source(labels);
    case 'hashmod': {
      const modulus = BigInt(step.modulus);
      return kept((labels) => labels.set(targetLabel, hashModulo(source(labels), modulus)));
    }
    case 'lowercase':
      return kept((labels) => labels.set(targetLabel, mapCharacters(source(labels), lowerCase)));
    case 'uppercase':
      return kept((labels) => labels.set(targetLabel, mapCharacters(source(labels), upperCase)));
    case 'labelmap':
      return compileLabelMap(step);
    case 'labeldrop':
    case 'labelkeep': {
      const isMatch = rememberingTest(compileAnchoredPattern(step.regex));
      const dropsMatches = step.action === 'labeldrop';
      return kept((labels) => {
        for (const name of labels.names()) {
          if (isMatch(name) === dropsMatches) {
            labels.set(name, '');
          }
        }
      });
    }
  }
}

function compileReplace(
  { regex, targetLabel, replacement }: RelabelStep,
  source: (labels: LabelDraft) => string,
): CompiledStep {
  const pattern = compileAnchoredPattern(regex);
  const nameOf = compileTemplate(targetLabel);
  const valueOf = compileTemplate(replacement);
  const replace = remembering((value) => {
    const groups = pattern.groups(value);
    return groups === undefined
      ? undefined
      : { name: nameOf(groups, pattern.names), value: valueOf(groups, pattern.names) };
  });
  return kept((labels) => {
    const replaced = replace(source(labels));
    if (replaced !== undefined && replaced.name !== '') {
      labels.set(replaced.name, replaced.value);
    }
  });
}

function compileLabelMap({ regex, replacement }: RelabelStep): CompiledStep {
  const pattern = compileAnchoredPattern(regex);
  const template = compileTemplate(replacement);
  const rename = remembering((name) => {
    const groups = pattern.groups(name);
    return groups === undefined ? undefined : template(groups, pattern.names);
  });
  return kept((labels) => {
    // The labels as they were before the step: what it adds is not mapped again.
    for (const [name, value] of labels.entries()) {
      const renamed = rename(name);
      if (renamed !== undefined && renamed !== '') {
        labels.set(renamed, value);
      }
    }
  });
}

function kept(change: (labels: LabelDraft) => void): CompiledStep {
  return (labels) => {
    change(labels);
    return true;
  };
}

function joinBounded(labels: LabelDraft, names: readonly string[], separator: string): string {
  const [only] = names;
  if (only !== undefined && names.length === 1) {
    return labels.get(only);
  }
  const joined = names.map((name) => labels.get(name)).join(separator);
  if (joined.length > MAX_RELABELLED_VALUE_LENGTH) {
    throw new RelabelError(`the source labels together have ${joined.length} characters`);
  }
  return joined;
}

function rememberingTest(pattern: AnchoredPattern): (text: string) => boolean {
  return remembering((text) => pattern.test(text));
}

function remembering<T>(compute: (text: string) => T): (text: string) => T {
  const remembered = new Map<string, T>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined || remembered.has(text)) {
      return known as T;
    }
    if (remembered.size >= MAX_REMEMBERED_VALUES) {
      remembered.clear();
    }
    const computed = compute(text);
    if (text.length <= MAX_REMEMBERED_LENGTH) {
      remembered.set(text, computed);
    }
    return computed;
  };
}

/** The last 8 bytes of the MD5 as a number, modulo: as Prometheus does, so that both shard alike. */
function hashModulo(text: string, modulus: bigint): string {
  const hash = createHash('md5').update(text).digest();
  return String(hash.readBigUInt64BE(8) % modulus);
}

/** One character at a time, as Go does: a mapping never depends on its neighbours and never changes their number. */
function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = '';
  for (const character of text) {
    const other = map(character);
    mapped += isOneCharacter(other) ? other : character;
  }
  return mapped;
}

function isOneCharacter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}

function lowerCase(character: string): string {
  return character.toLowerCase();
}

function upperCase(character: string): string {
  return character.toUpperCase();
}
