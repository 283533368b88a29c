import type { RuleScope } from '@pulsekeeper/registry';

/** What the first line of a rule's file says of where it was read. */
export interface RuleHeader {
  /** `defaults` or `service web`. */
  readonly name: string;
  /** `undefined` where there was no rule yet. */
  readonly version: number | undefined;
}

const HEADER = /^# (?<name>defaults|service \S+), version (?:none|(?<version>\d{1,10}) of \S+)\s*$/;

/** `service web, version 3 of 2026-01-31T12:00:00Z`, as `rules get` says it; {@link parseRuleHeader} reads it behind `# `. */
export function formatRuleHeader(scope: RuleScope, version: number | undefined, changedAt: string | undefined): string {
  const name = nameOfScope(scope);
  return `${name}, version ${version === undefined ? 'none' : `${version} of ${String(changedAt)}`}`;
}

/** Reads the header that `rules get --yaml` prints from the first line of a text; `undefined` where there is none. */
export function parseRuleHeader(text: string): RuleHeader | undefined {
  const groups = HEADER.exec(text.split('\n', 1)[0] ?? '')?.groups;
  const name = groups?.['name'];
  const version = groups?.['version'];
  return name === undefined ? undefined : { name, version: version === undefined ? undefined : Number(version) };
}

/** How a rule is called in its header. */
export function nameOfScope(scope: RuleScope): string {
  return scope.kind === 'defaults' ? 'defaults' : `service ${scope.service}`;
}
