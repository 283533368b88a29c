import { DEFAULT_RELABEL_STEP, RELABEL_FIELD_NAMES, type RelabelStep } from './relabel-step.ts';

/** A step as it is written in a rule: under its JSON names, without what stands at its default. */
export function formatRelabelStep(step: RelabelStep): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(RELABEL_FIELD_NAMES) as [keyof RelabelStep, string][]) {
    const value = step[field];
    const isDefault = Array.isArray(value) ? value.length === 0 : value === DEFAULT_RELABEL_STEP[field];
    if (!isDefault || field === 'action') {
      shown[name] = value;
    }
  }
  return shown;
}
