import { readCluster, readRule, type RuleScope, type StoredRule } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { parseRuleScope } from '../arguments/rule-scope.ts';
import { mapBounded } from '../cluster/map-bounded.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, type CommandContext, type CommandInput } from '../command.ts';
import { CliError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant } from '../output/format-age.ts';
import { formatRuleHeader } from '../rules/rule-header.ts';

const CONCURRENCY = 64;

/** One rule as `rules get --json` shows it. */
interface RuleEntry {
  /** `null` for the rule of the whole cluster. */
  readonly service: string | null;
  /** `null` when there is no rule. */
  readonly rule: unknown;
  /** For `rules set --if-version`; `null` when the znode does not exist. */
  readonly version: number | null;
  readonly changedAt: string | null;
  /** Why it cannot be read as JSON. */
  readonly problem: string | null;
}

/** `pulsekeeper rules get`: the rules as they stand in ZooKeeper. */
export async function runRulesGet(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const scope = parseRuleScope(input);
  const entries = await withZooKeeper(settings, signal, async (session) => {
    const scopes = scope === undefined ? await allScopes(session, signal) : [scope];
    return mapBounded(scopes, CONCURRENCY, async (one) => toEntry(one, await readRule(session, one, { signal })));
  });
  if (scope?.kind === 'service' && entries[0]?.version === null) {
    throw new CliError('NotFound', `there is no service "${scope.service}"; \`pulsekeeper services\` lists them`);
  }
  if (output.isJson) {
    output.printJson(entries);
  } else if (hasFlag(input, 'yaml')) {
    const { stringify } = await import('../arguments/yaml.ts');
    const documents = entries
      // One that was asked for has its header even without a rule: `rules set` compares its version.
      .filter(({ rule }) => rule !== null || scope !== undefined)
      .map((entry) => `# ${describe(entry)}\n${entry.rule === null ? '' : stringify(entry.rule)}`);
    output.print(documents.join('---\n'));
  } else {
    printEntries(context, entries);
  }
  return ExitCode.Good;
}

function printEntries({ output }: CommandContext, entries: readonly RuleEntry[]): void {
  for (const entry of entries) {
    output.printLine(output.palette.bold(describe(entry)));
    output.printLine(entry.problem ?? (entry.rule === null ? '(no rule)' : JSON.stringify(entry.rule, undefined, 2)));
  }
}

async function allScopes(session: ZkSession, signal: AbortSignal): Promise<RuleScope[]> {
  const { services } = await readCluster(session, { signal, select: () => [] });
  return [{ kind: 'defaults' }, ...[...services.keys()].map((service): RuleScope => ({ kind: 'service', service }))];
}

function toEntry(scope: RuleScope, { data, version, changedAtMs }: StoredRule): RuleEntry {
  const { rule, problem } = parse(data);
  return {
    service: scope.kind === 'defaults' ? null : scope.service,
    rule,
    version: version ?? null,
    changedAt: changedAtMs === undefined ? null : formatInstant(changedAtMs),
    problem,
  };
}

function parse(data: Uint8Array): { rule: unknown; problem: string | null } {
  if (data.byteLength === 0) {
    return { rule: null, problem: null };
  }
  try {
    return { rule: JSON.parse(new TextDecoder().decode(data)), problem: null };
  } catch {
    return { rule: null, problem: 'the data is not JSON' };
  }
}

function describe({ service, version, changedAt }: RuleEntry): string {
  const scope: RuleScope = service === null ? { kind: 'defaults' } : { kind: 'service', service };
  return formatRuleHeader(scope, version ?? undefined, changedAt ?? undefined);
}
