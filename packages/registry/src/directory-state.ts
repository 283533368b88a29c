import { assertNever } from '@pulsekeeper/model';
import { EMPTY_CONTENT } from './directory-content.ts';
import type { RootedContent } from './suspect-tree.ts';
import { ZNODES } from './znode-path.ts';

/** Everything that was read of a cluster's names and rules: the content, its roots, and what was skipped. */
export interface DirectoryState extends RootedContent {
  /** Reason by path. */
  readonly problems: ReadonlyMap<string, string>;
}

/** Before the first reading. */
export const EMPTY_STATE: DirectoryState = {
  roots: { services: undefined, collectors: undefined },
  content: EMPTY_CONTENT,
  problems: new Map(),
};

/** One thing to read: a list or a node. */
export type DirectoryKey =
  | { readonly kind: 'services' | 'collectors' | 'defaults' }
  | { readonly kind: 'instances' | 'rule' | 'collector'; readonly name: string };

/** A key as text, for sets and maps: `instances db`. */
export function formatDirectoryKey(key: DirectoryKey): string {
  return 'name' in key ? `${key.kind} ${key.name}` : key.kind;
}

/** Reads what {@link formatDirectoryKey} wrote. */
export function parseDirectoryKey(text: string): DirectoryKey {
  const space = text.indexOf(' ');
  const kind = (space < 0 ? text : text.slice(0, space)) as DirectoryKey['kind'];
  switch (kind) {
    case 'services':
    case 'collectors':
    case 'defaults':
      return { kind };
    case 'instances':
    case 'rule':
    case 'collector':
      return { kind, name: text.slice(space + 1) };
  }
}

/** The keys of the three roots, with which every reading begins. */
export const ROOT_KEYS: readonly string[] = ['services', 'collectors', 'defaults'];

/** All keys of a state. */
export function keysOfState({ content }: DirectoryState): string[] {
  const keys = [...ROOT_KEYS];
  for (const name of content.services.keys()) keys.push(...keysOfService(name));
  for (const name of content.collectors.keys()) keys.push(keyOfCollector(name));
  return keys;
}

/**
 * Whether a key is still of use: its node is in the state, or is a collector whose record is wrong now. That one is read
 * and watched, since the record may be mended.
 */
export function isKeyInUse(key: string, { content, problems }: DirectoryState): boolean {
  const parsed = parseDirectoryKey(key);
  switch (parsed.kind) {
    case 'services':
    case 'collectors':
    case 'defaults':
      return true;
    case 'instances':
    case 'rule':
      return content.services.has(parsed.name);
    case 'collector':
      return content.collectors.has(parsed.name) || problems.has(ZNODES.collectorPath(parsed.name));
    default:
      return assertNever(parsed);
  }
}

/** The keys of one service: its list of instances and its rule. */
export function keysOfService(name: string): [instances: string, rule: string] {
  return [formatDirectoryKey({ kind: 'instances', name }), formatDirectoryKey({ kind: 'rule', name })];
}

/** The key of one collector's record. */
export function keyOfCollector(name: string): string {
  return formatDirectoryKey({ kind: 'collector', name });
}
