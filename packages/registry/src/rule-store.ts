import { MAX_ZNODE_BYTES, parseClusterDefaults, parseServiceRule, type Parsed } from '@pulsekeeper/model';
import { codeOf, RegistryError } from './errors.ts';
import { readZnode } from './read-znode.ts';
import type { RegistrySession } from './registry-session.ts';
import { parentPath, servicePath, ZNODES } from './znode-path.ts';

/** Whose rule: the whole cluster's, or one service's. */
export type RuleScope = { readonly kind: 'defaults' } | { readonly kind: 'service'; readonly service: string };

/** A rule as it stands in ZooKeeper. */
export interface StoredRule {
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
  readonly signal?: AbortSignal | undefined;
}

/** Reads a rule together with the version that a later write compares. Throws the session's errors. */
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
 * Writes a rule when nobody changed it since it was read (compare and set) and gives it as it stands then. Empty data
 * takes the rule away.
 *
 * @throws RegistryError `InvalidRule` when no reader would accept it, `Conflict` when somebody was quicker; the
 * session's errors. After `ConnectionLoss` the write may have been done: read again.
 */
export async function writeRule(
  session: RegistrySession,
  scope: RuleScope,
  data: Uint8Array,
  { expectedVersion, signal }: WriteRuleOptions,
): Promise<StoredRule> {
  const path = pathOfScope(scope);
  const reason = reasonAgainst(scope, data);
  if (reason !== undefined) throw new RegistryError('InvalidRule', `rule for ${path}: ${reason}`, { path });
  try {
    if (expectedVersion === undefined) await create(session, path, data, signal);
    else if (expectedVersion === 'any') await setOrCreate(session, path, data, signal);
    else await session.setData(path, data, { version: expectedVersion, signal });
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'BadVersion' && code !== 'NodeExists' && code !== 'NoNode') throw error;
    const message = `${path} was changed by somebody else since it was read`;
    throw new RegistryError('Conflict', message, { path, retryable: false, cause: error });
  }
  return readRule(session, scope, { signal });
}

function reasonAgainst(scope: RuleScope, data: Uint8Array): string | undefined {
  if (data.byteLength > MAX_ZNODE_BYTES) {
    return `data has ${data.byteLength} bytes; at most ${MAX_ZNODE_BYTES} are allowed`;
  }
  if (data.byteLength === 0) return undefined;
  const parsed: Parsed<unknown> = scope.kind === 'defaults' ? parseClusterDefaults(data) : parseServiceRule(data);
  return parsed.ok ? undefined : parsed.reason;
}

async function create(
  session: RegistrySession,
  path: string,
  data: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parent = parentPath(path);
  if (parent !== '/') await session.ensurePath(parent, { signal });
  await session.create(path, data, { signal });
}

async function setOrCreate(
  session: RegistrySession,
  path: string,
  data: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await session.setData(path, data, { signal });
  } catch (error) {
    if (codeOf(error) !== 'NoNode') throw error;
    await create(session, path, data, signal);
  }
}

function pathOfScope(scope: RuleScope): string {
  return scope.kind === 'defaults' ? ZNODES.defaults : servicePath(scope.service);
}
