import {
  MAX_ZNODE_BYTES,
  parseClusterDefaults,
  parseServiceRule,
  systemClock,
  type Clock,
  type Parsed,
} from '@pulsekeeper/model';
import type { MultiOperation } from '@pulsekeeper/zk-session';
import { RegistryError } from './errors.ts';
import { readZnode } from './read-znode.ts';
import type { RegistrySession } from './registry-session.ts';
import { extendHistory, isOvertaken, readRuleHistory, serializeHistory } from './rule-history.ts';
import type { RuleScope } from './rule-scope.ts';
import { parentPath, servicePath, ZNODES } from './znode-path.ts';

/** A rule as it stands in ZooKeeper. */
export interface StoredRule {
  /** Of the znode. */
  readonly path: string;
  /** The bytes, empty when there is no rule. */
  readonly data: Uint8Array;
  /** Version to compare when it is written; `undefined` when the znode does not exist. */
  readonly version: number | undefined;
  /** Unix time in ms of the last change; `undefined` when the znode does not exist. */
  readonly changedAtMs: number | undefined;
}

/** Options of {@link writeRule}. */
export interface WriteRuleOptions {
  /** The `version` that was read: `undefined` says that the znode did not exist. `any` writes whatever is there. */
  readonly expectedVersion: number | undefined | 'any';
  /** Who writes it, for the history: `user@host`. It is believed. @defaultValue nobody in particular */
  readonly author?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
}

/** Somebody else writes rules by hand; who loses so often in a row has met a program gone wild. */
const MAX_ATTEMPTS = 5;

/**
 * Reads a rule together with the version that a later write compares.
 *
 * @throws RegistryError `InvalidName`; the session's errors; the signal's reason.
 */
export async function readRule(
  session: RegistrySession,
  scope: RuleScope,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<StoredRule> {
  const path = pathOfScope(scope);
  const node = await readZnode(session, path, { signal });
  if (node === undefined) return { path, data: new Uint8Array(), version: undefined, changedAtMs: undefined };
  return { path, data: node.data, version: node.stat.version, changedAtMs: node.stat.mtimeMs };
}

/**
 * Writes a rule when nobody changed it since it was read (compare and set), its history in the same transaction, and
 * gives it as it stands then. Empty data takes the rule away.
 *
 * @throws RegistryError `InvalidName`; `InvalidRule` when no reader would accept it, `Conflict` when somebody was quicker; the
 * session's errors. After `ConnectionLoss` the write may have been done: read again.
 */
export async function writeRule(
  session: RegistrySession,
  scope: RuleScope,
  data: Uint8Array,
  options: WriteRuleOptions,
): Promise<StoredRule> {
  const path = pathOfScope(scope);
  const reason = reasonAgainst(scope, data);
  if (reason !== undefined) throw new RegistryError('InvalidRule', `rule for ${path}: ${reason}`, { path });
  const { expectedVersion, signal } = options;
  let cause: unknown;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await readRule(session, scope, { signal });
    if (expectedVersion !== 'any' && before.version !== expectedVersion) break;
    try {
      await writeBoth(session, scope, before, data, options);
      return await readRule(session, scope, { signal });
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      cause = error;
    }
  }
  const message = `${path} was changed by somebody else since it was read`;
  throw new RegistryError('Conflict', message, { path, retryable: false, cause });
}

async function writeBoth(
  session: RegistrySession,
  scope: RuleScope,
  before: StoredRule,
  data: Uint8Array,
  { author, clock, signal }: WriteRuleOptions,
): Promise<void> {
  const { path } = before;
  const history = await readRuleHistory(session, scope, { signal });
  const stood =
    before.version === undefined || before.changedAtMs === undefined || before.data.byteLength === 0
      ? undefined
      : { version: before.version, atMs: before.changedAtMs, author: undefined, text: textOf(before.data) };
  const version = before.version === undefined ? 0 : before.version + 1;
  const written = { version, atMs: (clock ?? systemClock).now(), author, text: textOf(data) };
  for (const parent of [parentPath(path), parentPath(history.path)]) {
    if (parent !== '/') await session.ensurePath(parent, { signal });
  }
  const operations = [
    { path, data, version: before.version },
    {
      path: history.path,
      data: serializeHistory(extendHistory(history.entries, stood, written)),
      version: history.nodeVersion,
    },
  ].map((node): MultiOperation => ({ op: node.version === undefined ? 'create' : 'setData', ...node }));
  await session.multi(operations, { signal });
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString('utf8');
}

function reasonAgainst(scope: RuleScope, data: Uint8Array): string | undefined {
  if (data.byteLength > MAX_ZNODE_BYTES) {
    return `data has ${data.byteLength} bytes; at most ${MAX_ZNODE_BYTES} are allowed`;
  }
  if (data.byteLength === 0) return undefined;
  const parsed: Parsed<unknown> = scope.kind === 'defaults' ? parseClusterDefaults(data) : parseServiceRule(data);
  return parsed.ok ? undefined : parsed.reason;
}

function pathOfScope(scope: RuleScope): string {
  return scope.kind === 'defaults' ? ZNODES.defaults : servicePath(scope.service);
}
