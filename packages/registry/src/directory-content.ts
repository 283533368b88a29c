import { knownTargetId, type ClusterDefaults, type ServiceRule, type TargetId } from '@pulsekeeper/model';
import type { CollectorRecord } from './collector-record.ts';
import { isSameOrigin, isSameSource as isSameTree, type ServiceOrigin } from './instance-place.ts';

/** A parsed value and the bytes that it was parsed from, so that a re-read that found the same changes nothing. */
export interface Sourced<T> {
  readonly value: T;
  readonly data: Uint8Array;
}

/** What is known of one service. */
export interface ServiceContent {
  /** Names of its instances; iterates in sorted order. All are valid names. */
  readonly instances: ReadonlySet<string>;
  /** The identities of the same instances, in the same order. */
  readonly targetIds: readonly TargetId[];
  /** Its rule, when it has one that could be read. */
  readonly rule: Sourced<ServiceRule> | undefined;
  /** Where these instances are registered, when that is not by us. The rule may have come to say another place. */
  readonly origin: ServiceOrigin | undefined;
}

/** All that a directory knows at one moment. Immutable; parts that did not change are shared from one to the next. */
export interface DirectoryContent {
  readonly services: ReadonlyMap<string, ServiceContent>;
  readonly collectors: ReadonlyMap<string, Sourced<CollectorRecord>>;
  readonly defaults: Sourced<ClusterDefaults> | undefined;
}

/** What changed from one view of a directory to the next. */
export interface DirectoryDiff {
  /** Targets that are in the later view only. */
  readonly addedTargets: readonly TargetId[];
  /** Targets that were in the view before only. */
  readonly removedTargets: readonly TargetId[];
  /** Services that came or went, with or without instances, or whose instances are registered elsewhere now. */
  readonly changedServices: readonly string[];
  /** Ids of collectors that came, went, or whose record changed. */
  readonly changedCollectors: readonly string[];
  /** Services whose rule came, went or changed. */
  readonly changedRules: readonly string[];
  /** Whether the cluster defaults changed, which touches every target. */
  readonly haveDefaultsChanged: boolean;
}

/** Nothing at all: where every directory begins. */
export const EMPTY_CONTENT: DirectoryContent = { services: new Map(), collectors: new Map(), defaults: undefined };

/**
 * What changed between two contents. Services that are the same object in both cost nothing, so the work is linear in
 * the number of services plus the instances of those that changed.
 */
export function diffContents(before: DirectoryContent, after: DirectoryContent): DirectoryDiff {
  const addedTargets: TargetId[] = [];
  const removedTargets: TargetId[] = [];
  const changedServices: string[] = [];
  const changedRules: string[] = [];
  for (const service of unionOfKeys(before.services, after.services)) {
    const [old, now] = [before.services.get(service), after.services.get(service)];
    if (old === now) continue;
    if (old === undefined || now === undefined || !isSameOrigin(old.origin, now.origin)) changedServices.push(service);
    if (old?.instances !== now?.instances) {
      for (const instance of now?.instances ?? []) {
        if (!old?.instances.has(instance)) addedTargets.push(knownTargetId(service, instance));
      }
      for (const instance of old?.instances ?? []) {
        if (!now?.instances.has(instance)) removedTargets.push(knownTargetId(service, instance));
      }
    }
    if (!isSameSource(old?.rule, now?.rule)) changedRules.push(service);
  }
  const changedCollectors = [...unionOfKeys(before.collectors, after.collectors)].filter(
    (id) => !isSameSource(before.collectors.get(id), after.collectors.get(id)),
  );
  const haveDefaultsChanged = !isSameSource(before.defaults, after.defaults);
  return { addedTargets, removedTargets, changedServices, changedCollectors, changedRules, haveDefaultsChanged };
}

/** Whether a diff says that nothing changed. */
export function isEmptyDiff(diff: DirectoryDiff): boolean {
  const { addedTargets, removedTargets, changedServices, changedCollectors, changedRules, haveDefaultsChanged } = diff;
  const lists = [addedTargets, removedTargets, changedServices, changedCollectors, changedRules];
  return !haveDefaultsChanged && lists.every((list) => list.length === 0);
}

/** All that either content knows; where both know something, `now` is right. */
export function uniteContents(held: DirectoryContent, now: DirectoryContent): DirectoryContent {
  const services = new Map(held.services);
  for (const [service, content] of now.services) {
    const before = services.get(service);
    services.set(service, before === undefined ? content : uniteServices(service, before, content));
  }
  return {
    services,
    collectors: new Map([...held.collectors, ...now.collectors]),
    defaults: now.defaults ?? held.defaults,
  };
}

/**
 * What is left to hold of `held` once `seen` was seen: everything that `seen` does not have. From then on what the tree
 * says of the rest is right, also that it is gone. Shares what it leaves alone, and is `held` itself when that is all.
 */
export function withoutSeen(held: DirectoryContent, seen: DirectoryContent): DirectoryContent {
  const services = new Map<string, ServiceContent>();
  for (const [service, content] of held.services) {
    const rest = withoutSeenOf(service, content, seen.services.get(service));
    if (rest !== undefined) services.set(service, rest);
  }
  const collectors = new Map([...held.collectors].filter(([id]) => !seen.collectors.has(id)));
  const defaults = seen.defaults === undefined ? held.defaults : undefined;
  const isSame =
    [...services].every(([service, content]) => held.services.get(service) === content) &&
    services.size === held.services.size &&
    collectors.size === held.collectors.size &&
    defaults === held.defaults;
  return isSame ? held : { services, collectors, defaults };
}

/** A service's content. Shares what is equal with `previous`, and is `previous` itself when nothing differs. */
export function toServiceContent(
  service: string,
  names: readonly string[],
  rule: Sourced<ServiceRule> | undefined,
  previous?: ServiceContent,
  origin?: ServiceOrigin,
): ServiceContent {
  const keptRule = isSameSource(rule, previous?.rule) ? previous?.rule : rule;
  const keptOrigin = isSameOrigin(origin, previous?.origin) ? previous?.origin : origin;
  if (previous?.instances.size === names.length && names.every((name) => previous.instances.has(name))) {
    if (keptRule === previous.rule && keptOrigin === previous.origin) return previous;
    return { ...previous, rule: keptRule, origin: keptOrigin };
  }
  const sorted = [...names].sort();
  const targetIds = Object.freeze(sorted.map((name) => knownTargetId(service, name)));
  return { instances: new Set(sorted), targetIds, rule: keptRule, origin: keptOrigin };
}

/** Number of targets in a content. */
export function countTargets(content: DirectoryContent): number {
  let count = 0;
  for (const service of content.services.values()) count += service.instances.size;
  return count;
}

/** Whether two values were parsed from the same bytes, or both are absent. */
export function isSameSource(a: Sourced<unknown> | undefined, b: Sourced<unknown> | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && Buffer.compare(a.data, b.data) === 0;
}

function uniteServices(service: string, held: ServiceContent, now: ServiceContent): ServiceContent {
  const rule = now.rule ?? held.rule;
  // Instances of another tree are not missing from this one.
  if (!isSameTree(held.origin?.source, now.origin?.source)) return { ...now, rule };
  const names = new Set([...held.instances, ...now.instances]);
  const origin: ServiceOrigin | undefined = now.origin && {
    source: now.origin.source,
    nodes: new Map([...(held.origin?.nodes ?? []), ...now.origin.nodes]),
  };
  return toServiceContent(service, [...names], rule, held, origin);
}

/** What is left of a service; `undefined` when that is nothing. */
function withoutSeenOf(
  service: string,
  held: ServiceContent,
  seen: ServiceContent | undefined,
): ServiceContent | undefined {
  if (seen === undefined) return held;
  const rule = seen.rule === undefined ? held.rule : undefined;
  // Instances of another tree were not seen, though they may go by the same names.
  const isSameSource = isSameTree(held.origin?.source, seen.origin?.source);
  const names = [...held.instances].filter((name) => !isSameSource || !seen.instances.has(name));
  if (names.length === 0 && rule === undefined) return undefined;
  if (names.length === held.instances.size && rule === held.rule) return held;
  return toServiceContent(service, names, rule, undefined, held.origin);
}

function unionOfKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...a.keys(), ...b.keys()]);
}
