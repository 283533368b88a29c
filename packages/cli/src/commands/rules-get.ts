import { readCluster, readRule, type RuleScope, type StoredRule } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { parseRuleScope } from '../arguments/rule-scope.ts';
import { mapBounded } from '../cluster/map-bounded.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, type CommandContext, type CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant } from '../output/format-age.ts';

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
  if (output.isJson) {
    output.printJson(entries);
  } else if (hasFlag(input, 'yaml')) {
    const { stringify } = await import('../arguments/yaml.ts');
    for (const entry of entries.filter(({ rule }) => rule !== null)) {
      output.print(`# ${describe(entry)}\n${stringify(entry.rule)}`);
    }
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
  const name = service === null ? 'defaults' : `service ${service}`;
  return version === null ? name : `${name}, version ${version} of ${String(changedAt)}`;
}
