import {
  parseForeignInstance,
  parseInstance,
  type ForeignSource,
  type InstanceRecord,
  type Parsed,
} from '@pulsekeeper/model';
import { instancePath } from './znode-path.ts';

/** Where an instance is registered. */
export interface InstancePlace {
  /** Of its znode; relative to the chroot, or from the root of the server with two leading slashes. */
  readonly path: string;
  /** The foreign tree that the znode is in; `undefined` when it is registered by us. */
  readonly source: ForeignSource | undefined;
}

/** Where the instances of a service are registered that are not registered by us. */
export interface ServiceOrigin {
  readonly source: ForeignSource;
  /** Names of the znodes of those instances that go by another name. */
  readonly nodes: ReadonlyMap<string, string>;
}

/** Where an instance of a service is registered; `origin` is the service's. Throws `InvalidName` for a name of ours. */
export function placeOfInstance(service: string, instance: string, origin: ServiceOrigin | undefined): InstancePlace {
  if (origin === undefined) return { path: instancePath(service, instance), source: undefined };
  const { source, nodes } = origin;
  return { path: `${source.path}/${nodes.get(instance) ?? instance}`, source };
}

/** Reads what stands at a place. */
export function parseInstanceAt({ path, source }: InstancePlace, data: Uint8Array): Parsed<InstanceRecord> {
  if (source === undefined) return parseInstance(data);
  return parseForeignInstance(source, path.slice(path.lastIndexOf('/') + 1), data);
}

/** Whether two places are the same, and read alike. */
export function isSamePlace(a: InstancePlace, b: InstancePlace): boolean {
  return a.path === b.path && isSameSource(a.source, b.source);
}

/** Whether instances come from the same tree, and are read alike. */
export function isSameSource(a: ForeignSource | undefined, b: ForeignSource | undefined): boolean {
  return a === b || (a?.kind === b?.kind && a?.path === b?.path && a?.endpoint === b?.endpoint);
}

/** Whether two services have their instances at the same places. */
export function isSameOrigin(a: ServiceOrigin | undefined, b: ServiceOrigin | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || !isSameSource(a.source, b.source)) return false;
  return a.nodes.size === b.nodes.size && [...a.nodes].every(([instance, node]) => b.nodes.get(instance) === node);
}
