import {
  splitTargetId,
  type ClusterDefaults,
  type ForeignSource,
  type ServiceRule,
  type TargetId,
} from '@pulsekeeper/model';
import type { CollectorRecord } from './collector-record.ts';
import type { DirectoryContent } from './directory-content.ts';
import { placeOfInstance, type InstancePlace } from './instance-place.ts';

/** Something in ZooKeeper that could not be taken as it is. */
export interface DirectoryProblem {
  readonly path: string;
  readonly reason: string;
}

/** An immutable snapshot of a cluster: names of all instances, the rules, the collectors. */
export interface DirectoryView {
  /** Names of the instances of each service. Services without instances are there with an empty set. */
  readonly services: ReadonlyMap<string, ReadonlySet<string>>;
  /** All targets, sorted by UTF-16 code units. */
  readonly targetIds: readonly TargetId[];
  /** The cluster's defaults and bounds; the last ones that could be understood. */
  readonly defaults: ClusterDefaults;
  /** Rules of the services that have one. */
  readonly rules: ReadonlyMap<string, ServiceRule>;
  /** The foreign trees that instances come from, of the services that have one. */
  readonly sources: ReadonlyMap<string, ForeignSource>;
  /** Records of the collectors, by id; one that cannot be understood is in `problems` instead. */
  readonly collectors: ReadonlyMap<string, CollectorRecord>;
  /** Where a target is registered; `undefined` when there is no such target. */
  placeOf(id: TargetId): InstancePlace | undefined;
  /** What was skipped, and why. */
  readonly problems: readonly DirectoryProblem[];
  /** Counts up by one with each view of the same directory; 0 before the first reading. */
  readonly version: number;
  /** Unix time in ms of the reading. */
  readonly readAtMs: number;
}

/** Where a view comes from. */
export interface DirectoryViewInput {
  readonly content: DirectoryContent;
  readonly problems: ReadonlyMap<string, string>;
  readonly noDefaults: ClusterDefaults;
  readonly version: number;
  readonly readAtMs: number;
}

/**
 * Makes a view of a content. The maps and lists are derived when they are first asked for and kept, so a view that
 * nobody looks into costs nothing; the sets of instances are shared with the views before and after.
 */
export function createDirectoryView(input: DirectoryViewInput): DirectoryView {
  const { content, problems, noDefaults, version, readAtMs } = input;
  const services = once(() => mapValues(content.services, (service) => service.instances));
  const targetIds = once(() => sortedTargetIds(content));
  const rules = once(() => mapDefined(content.services, (service) => service.rule?.value));
  const sources = once(() => mapDefined(content.services, (service) => service.origin?.source));
  const collectors = once(() => mapValues(content.collectors, (collector) => collector.value));
  const problemList = once(() => Object.freeze([...problems].map(([path, reason]) => ({ path, reason }))));
  return Object.freeze({
    get services() {
      return services();
    },
    get targetIds() {
      return targetIds();
    },
    get rules() {
      return rules();
    },
    get sources() {
      return sources();
    },
    get collectors() {
      return collectors();
    },
    get problems() {
      return problemList();
    },
    placeOf: (id: TargetId) => placeIn(content, id),
    defaults: content.defaults?.value ?? noDefaults,
    version,
    readAtMs,
  });
}

/** Sorted as whole ids: no service's `name + '/'` is a prefix of another's, so its instances stay together. */
function sortedTargetIds(content: DirectoryContent): readonly TargetId[] {
  const services = [...content.services].map(([name, { targetIds }]) => ({ key: `${name}/`, targetIds }));
  services.sort((a, b) => (a.key < b.key ? -1 : 1));
  return Object.freeze(services.flatMap(({ targetIds }) => targetIds));
}

function placeIn(content: DirectoryContent, id: TargetId): InstancePlace | undefined {
  const { service, instance } = splitTargetId(id);
  const found = content.services.get(service);
  return found?.instances.has(instance) === true ? placeOfInstance(service, instance, found.origin) : undefined;
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

function mapValues<T, U>(map: ReadonlyMap<string, T>, change: (value: T) => U): ReadonlyMap<string, U> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

function mapDefined<T, U>(map: ReadonlyMap<string, T>, change: (value: T) => U | undefined): ReadonlyMap<string, U> {
  const changed = new Map<string, U>();
  for (const [key, value] of map) {
    const next = change(value);
    if (next !== undefined) changed.set(key, next);
  }
  return changed;
}
