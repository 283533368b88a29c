import {
  effectiveTarget,
  knownTargetId,
  NO_CLUSTER_DEFAULTS,
  type ForeignSource,
  type Parsed,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { ClusterSnapshot, CollectorRecord, DirectoryProblem, InstancePlace } from '@pulsekeeper/registry';

import type { RegisteredTarget } from '../views/target-list.ts';

/** A target with what ZooKeeper knows of its registration. */
export interface PicturedTarget extends RegisteredTarget {
  readonly target: Parsed<Target>;
  /** Unix milliseconds at which the znode was created; `undefined` when it could not be read. */
  readonly registeredAtMs: number | undefined;
}

/** The registry as the commands look at it: targets with their effective rules, collectors, and what is wrong. */
export interface ClusterPicture {
  /** Every registered target, sorted: all that the ring needs. */
  readonly ids: readonly TargetId[];
  /** Where each of them is registered. */
  readonly places: ReadonlyMap<TargetId, InstancePlace>;
  /** Those whose registration was read, sorted by identity; all of them unless the reader asked for fewer. */
  readonly targets: readonly PicturedTarget[];
  readonly services: readonly string[];
  /** The foreign trees that instances come from, by service. */
  readonly sources: ReadonlyMap<string, ForeignSource>;
  /** By id; records that no collector would accept are among the problems instead. */
  readonly collectors: ReadonlyMap<string, CollectorRecord>;
  readonly problems: readonly DirectoryProblem[];
}

/** Works out the effective targets of a snapshot. Pure; `O(targets)`. */
export function pictureOf(snapshot: ClusterSnapshot): ClusterPicture {
  const defaults = snapshot.defaults.parsed.ok ? snapshot.defaults.parsed.value : NO_CLUSTER_DEFAULTS;
  const targets: PicturedTarget[] = [];
  const places = new Map<TargetId, InstancePlace>();
  for (const [service, { rule, places: placesByName, instances }] of snapshot.services) {
    for (const [name, place] of placesByName) {
      places.set(knownTargetId(service, name), place);
    }
    // A service rule that cannot be read counts for nothing, as it does for a collector that starts now.
    const serviceRule = rule.parsed.ok ? rule.parsed.value : {};
    for (const [instance, { parsed, stat, place }] of instances) {
      const id = knownTargetId(service, instance);
      const make = (): Parsed<Target> =>
        parsed.ok ? effectiveTarget({ id, defaults, service: serviceRule, instance: parsed.value }) : parsed;
      targets.push(new RegisteredInstance(id, place, stat?.ctimeMs, make));
    }
  }
  return {
    ids: [...places.keys()].sort(),
    places,
    targets: targets.sort((a, b) => compareIds(a.id, b.id)),
    services: [...snapshot.services.keys()],
    sources: new Map(
      [...snapshot.services].flatMap(([service, { source }]) => (source === undefined ? [] : [[service, source]])),
    ),
    collectors: new Map(
      [...snapshot.collectors].flatMap(([id, { parsed }]) =>
        parsed.ok && parsed.value.id === id ? [[id, parsed.value] as const] : [],
      ),
    ),
    problems: snapshot.problems,
  };
}

/** Its target is made anew each time that it is asked for: it takes a microsecond or two, and ten thousands of them much memory. */
class RegisteredInstance implements PicturedTarget {
  readonly id: TargetId;
  readonly place: InstancePlace;
  readonly registeredAtMs: number | undefined;
  readonly #make: () => Parsed<Target>;

  constructor(id: TargetId, place: InstancePlace, registeredAtMs: number | undefined, make: () => Parsed<Target>) {
    this.id = id;
    this.place = place;
    this.registeredAtMs = registeredAtMs;
    this.#make = make;
  }

  get target(): Parsed<Target> {
    return this.#make();
  }
}

/** Every target in the order of the ids, those whose registration was not read without their rule. `O(targets)`. */
export function everyTarget({ ids, places, targets }: ClusterPicture): readonly RegisteredTarget[] {
  if (targets.length === ids.length) {
    return targets;
  }
  const read = new Map(targets.map((target) => [target.id, target]));
  const every: RegisteredTarget[] = [];
  for (const id of ids) {
    const place = places.get(id);
    if (place !== undefined) {
      every.push(read.get(id) ?? { id, target: undefined, place });
    }
  }
  return every;
}

function compareIds(a: TargetId, b: TargetId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
