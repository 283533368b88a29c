import { codeOf } from './errors.ts';
import { readZnode } from './read-znode.ts';
import type { RegistrySession } from './registry-session.ts';
import { ZNODES } from './znode-path.ts';
import type { RuleScope } from './rule-scope.ts';

/** One version of a rule that once stood. */
export interface RuleHistoryEntry {
  /** Version of the rule's znode with this data. It begins anew when that znode is deleted and made again. */
  readonly version: number;
  /** Unix time in ms at which it was written, by the writer's clock. */
  readonly atMs: number;
  /** Who says to have written it, `user@host`; `undefined` when it was written past {@link writeRule}. Proves nothing. */
  readonly author: string | undefined;
  /** The znode's data as text; empty for no rule. */
  readonly text: string;
}

/** What is kept of a rule's past, newest first; the first entry is what stands, unless it was written past us since. */
export interface RuleHistory {
  /** Of the znode. */
  readonly path: string;
  /** Newest first. */
  readonly entries: readonly RuleHistoryEntry[];
  /** Version of the history's own znode; `undefined` when there is none. */
  readonly nodeVersion: number | undefined;
  /** Why the znode cannot be understood; its entries are lost, and the next write begins anew. */
  readonly problem: string | undefined;
}

/** Versions kept of each rule, the present one included. */
export const MAX_HISTORY_ENTRIES = 20;
/** Fewer are kept of large rules: a znode takes at most a mebibyte, together with the rule in one transaction. */
export const MAX_HISTORY_BYTES = 262_144;
const MAX_AUTHOR_LENGTH = 200;

/** Where the history of a rule stands. Throws `InvalidName`. */
export function ruleHistoryPath(scope: RuleScope): string {
  return scope.kind === 'defaults' ? `${ZNODES.ruleHistory}/defaults` : ZNODES.serviceHistoryPath(scope.service);
}

/**
 * Reads what is kept of a rule's past; empty where nothing was ever written.
 *
 * @throws RegistryError `InvalidName`; the session's errors; the signal's reason.
 */
export async function readRuleHistory(
  session: RegistrySession,
  scope: RuleScope,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<RuleHistory> {
  const path = ruleHistoryPath(scope);
  const node = await readZnode(session, path, { signal });
  if (node === undefined) return { path, entries: [], nodeVersion: undefined, problem: undefined };
  const entries = parseHistory(node.data);
  const problem = entries === undefined ? 'the data is no history of a rule' : undefined;
  return { path, entries: entries ?? [], nodeVersion: node.stat.version, problem };
}

/**
 * The history after a write: the new entry, before it what stood if that was written past us, and of the others as many
 * as there is room for. Pure.
 */
export function extendHistory(
  history: readonly RuleHistoryEntry[],
  before: RuleHistoryEntry | undefined,
  written: RuleHistoryEntry,
): RuleHistoryEntry[] {
  const [newest] = history;
  const isKnown = before === undefined || (newest?.version === before.version && newest.text === before.text);
  const all = [written, ...(isKnown ? [] : [before]), ...history].slice(0, MAX_HISTORY_ENTRIES);
  while (all.length > 1 && serializeHistory(all).byteLength > MAX_HISTORY_BYTES) all.pop();
  return all;
}

/** The data of a history's znode. */
export function serializeHistory(entries: readonly RuleHistoryEntry[]): Uint8Array {
  const written = entries.map(({ version, atMs, author, text }) => ({
    version,
    at: new Date(atMs).toISOString(),
    ...(author === undefined ? {} : { by: author.slice(0, MAX_AUTHOR_LENGTH) }),
    data: text,
  }));
  return Buffer.from(JSON.stringify({ entries: written }));
}

/** The entries in the data of a history's znode, `undefined` when it is none; entries that are wrong are left out. */
export function parseHistory(data: Uint8Array): RuleHistoryEntry[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    // Not JSON: somebody else's data, which the caller reports.
    return undefined;
  }
  const entries = fieldOf(value, 'entries');
  if (!Array.isArray(entries)) return undefined;
  return entries.slice(0, MAX_HISTORY_ENTRIES).flatMap((entry) => parseEntry(entry) ?? []);
}

/** Whether a write failed since the rule or its history was written by somebody else meanwhile. */
export function isOvertaken(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'BadVersion' || code === 'NodeExists' || code === 'NoNode';
}

function parseEntry(entry: unknown): RuleHistoryEntry | undefined {
  const [version, at, by, text] = ['version', 'at', 'by', 'data'].map((name) => fieldOf(entry, name));
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (!Number.isInteger(version) || Number.isNaN(atMs) || typeof text !== 'string') return undefined;
  const author = typeof by === 'string' ? by.slice(0, MAX_AUTHOR_LENGTH) : undefined;
  return { version: Number(version), atMs, author, text };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
