import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { parseClusterDefaults, parseServiceRule } from '@pulsekeeper/model';
import type { RuleScope } from '@pulsekeeper/registry';

import { messageOf, usageError } from '../errors.ts';
import { parseRuleHeader, type RuleHeader } from '../rules/rule-header.ts';

/** A rule as somebody wrote it. */
export interface RuleFile {
  /** The bytes to store, as JSON; empty for no rule. */
  readonly data: Uint8Array;
  /** What `rules get --yaml` wrote above it: whose rule it is, and of which version. */
  readonly header: RuleHeader | undefined;
}

/**
 * Reads and checks a rule in YAML or JSON (which is YAML) from a file, or from standard input for `-`.
 *
 * @throws CliError `Usage` that names the file, the field, its value and what is allowed
 */
export async function readRuleFile(path: string, scope: RuleScope): Promise<RuleFile> {
  const name = path === '-' ? 'standard input' : path;
  return parseRuleText(await readText(path, name), name, scope);
}

/**
 * Checks a rule in YAML or JSON. Unlike a collector, which skips fields that it does not know, this refuses them: they are
 * typing mistakes.
 *
 * @throws CliError `Usage` that names where it came from, the field, its value and what is allowed
 */
export async function parseRuleText(written: string, name: string, scope: RuleScope): Promise<RuleFile> {
  const data = await toJsonBytes(written, name);
  const options = { unknownFields: 'refuse' } as const;
  const parsed = scope.kind === 'defaults' ? parseClusterDefaults(data, options) : parseServiceRule(data, options);
  if (!parsed.ok) {
    throw usageError(`${name}: ${parsed.reason}`);
  }
  return { data, header: parseRuleHeader(written) };
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(`${name}: ${messageOf(error).replace(/, open .*$/, '')}`, error);
  }
}

async function toJsonBytes(written: string, name: string): Promise<Uint8Array> {
  const { parse } = await import('./yaml.ts');
  let value: unknown;
  try {
    // Aliases could blow a short text up; a rule has no need of them. A tag that is not known would be a warning of Node's.
    value = parse(written, { maxAliasCount: 0, prettyErrors: true, logLevel: 'error' });
  } catch (error) {
    throw usageError(`${name}: ${messageOf(error).split('\n')[0] ?? 'not YAML'}`, error);
  }
  return value === null || value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value));
}
