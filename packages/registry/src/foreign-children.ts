import { escapeUnsafe, foreignChild, type ForeignSource } from '@pulsekeeper/model';
import type { ServiceOrigin } from './instance-place.ts';

/** What the children of a foreign tree are. */
export interface ForeignChildren {
  /** Names of the instances, each once. */
  readonly instances: readonly string[];
  readonly origin: ServiceOrigin;
  /** Reason by the name of a child that is no instance. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Takes the children of a foreign tree for instances. A pure function of the set of names: every observer comes to the
 * same instances. Of two children that would go by one name the first in the order of UTF-16 code units does.
 */
export function toForeignChildren(source: ForeignSource, children: readonly string[]): ForeignChildren {
  const instances = new Set<string>();
  const nodes = new Map<string, string>();
  const refused = new Map<string, string>();
  for (const node of [...children].sort()) {
    const child = foreignChild(source, node);
    if (child.kind === 'ignored') continue;
    if (child.kind === 'refused') {
      refused.set(node, child.reason);
    } else if (instances.has(child.instance)) {
      const other = nodes.get(child.instance) ?? child.instance;
      refused.set(node, `another child goes by the name ${child.instance}: ${escapeUnsafe(other).slice(0, 100)}`);
    } else {
      instances.add(child.instance);
      if (child.instance !== node) nodes.set(child.instance, node);
    }
  }
  return { instances: [...instances], origin: { source, nodes }, refused };
}

/** Says of registrations below a service's own znode that they count for nothing. */
export function unusedReason(count: number, { kind, path }: ForeignSource): string {
  return `${count} registrations here count for nothing: the service's rule takes its instances from ${path} (${kind})`;
}

/** Says of a foreign tree that it is not there. */
export function missingTreeReason(service: string): string {
  return `does not exist: the service ${service} has no instances until it does`;
}
