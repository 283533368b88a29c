import { createRequire } from 'node:module';

import type { RuleScope, StoredRule } from '@pulsekeeper/registry';

/** The JSON schema of a rule as it is published with this package. */
export function ruleSchemaPath(scope: RuleScope): string {
  const name = scope.kind === 'defaults' ? 'cluster-defaults' : 'service-rule';
  return createRequire(import.meta.url).resolve(`#schema/${name}.schema.json`);
}

/** How a rule is called in messages. */
export function describeScope(scope: RuleScope): string {
  return scope.kind === 'defaults' ? 'the cluster defaults' : `service ${scope.service}`;
}

/** A rule as a text to edit: YAML below two comments, of which the second tells editors what may be written. */
export async function toEditableText(scope: RuleScope, { data, version }: StoredRule): Promise<string> {
  const which = version === undefined ? 'which does not exist yet' : `version ${version}`;
  const head = [
    `# Rule of ${describeScope(scope)}, ${which}. Save it and leave the editor; an empty one takes the rule away.`,
    `# yaml-language-server: $schema=${ruleSchemaPath(scope)}`,
  ];
  return `${head.join('\n')}\n${await toYaml(new TextDecoder().decode(data))}`;
}

/** A znode's JSON as YAML; what is no JSON as it stands, for somebody has to mend it. */
export async function toYaml(json: string): Promise<string> {
  if (json === '') {
    return '';
  }
  try {
    const { stringify } = await import('../arguments/yaml.ts');
    return stringify(JSON.parse(json));
  } catch {
    return `${json}\n`;
  }
}
