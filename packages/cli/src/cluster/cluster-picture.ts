import { effectiveTarget, NO_CLUSTER_DEFAULTS, targetId, type ForeignSource, type TargetId } from '@pulsekeeper/model';
import type { ClusterSnapshot, CollectorRecord, DirectoryProblem } from '@pulsekeeper/registry';

import type { RegisteredTarget } from '../views/target-list.ts';

/** A target with what ZooKeeper knows of its registration. */
export interface PicturedTarget extends RegisteredTarget {
  /** Unix milliseconds at which the znode was created; `undefined` when it could not be read. */
  readonly registeredAtMs: number | undefined;
}

/** The registry as the commands look at it: targets with their effective rules, collectors, and what is wrong. */
export interface ClusterPicture {
  /** Every registered target, sorted: all that the ring needs. */
  readonly ids: readonly TargetId[];
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
  const ids: TargetId[] = [];
  for (const [service, { rule, names, instances }] of snapshot.services) {
    for (const name of names) {
      ids.push(targetId(service, name));
    }
    // A service rule that cannot be read counts for nothing, as it does for a collector that starts now.
    const serviceRule = rule.parsed.ok ? rule.parsed.value : {};
    for (const [instance, { parsed, stat, place }] of instances) {
      const id = targetId(service, instance);
      const target = parsed.ok
        ? effectiveTarget({ id, defaults, service: serviceRule, instance: parsed.value })
        : parsed;
      targets.push({ id, target, registeredAtMs: stat?.ctimeMs, place });
    }
  }
  return {
    ids: ids.sort(),
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

function compareIds(a: TargetId, b: TargetId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
