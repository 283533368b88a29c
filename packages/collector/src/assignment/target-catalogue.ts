import {
  effectiveTarget,
  NO_CLUSTER_DEFAULTS,
  splitTargetId,
  type ClusterDefaults,
  type InstanceRecord,
  type Parsed,
  type ServiceRule,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';

const NO_RULE: ServiceRule = {};

/** What the catalogue knows of the rules. */
export interface Rules {
  readonly defaults: ClusterDefaults;
  readonly rules: ReadonlyMap<string, ServiceRule>;
}

/**
 * Merges registrations with the rules of cluster and service into targets, and tells which targets really changed:
 * a rule that is written again with the same content, or a change that the target overrides, changes nothing.
 */
export class TargetCatalogue {
  readonly #known = new Map<TargetId, { instance: Parsed<InstanceRecord>; fingerprint: string }>();
  #rules: Rules = { defaults: NO_CLUSTER_DEFAULTS, rules: new Map() };

  /** Targets whose registration or rules make no sense. */
  get rejectedCount(): number {
    return this.#count('-');
  }

  /** Targets that relabelling leaves out. */
  get droppedCount(): number {
    return this.#count('~');
  }

  /** A registration was read. Returns the target, or undefined when it is the same as before. */
  setInstance(id: TargetId, instance: Parsed<InstanceRecord>): Parsed<Target> | undefined {
    // The same object under the same rules: those that changed were gone through in `setRules`.
    return this.#known.get(id)?.instance === instance ? undefined : this.#update(id, instance);
  }

  /** The rules were read. Yields the targets that change by it. */
  *setRules(rules: Rules): Generator<readonly [TargetId, Parsed<Target>]> {
    const before = this.#rules;
    this.#rules = rules;
    const hasNewDefaults = before.defaults !== rules.defaults;
    for (const [id, { instance }] of [...this.#known]) {
      const { service } = splitTargetId(id);
      if (!hasNewDefaults && before.rules.get(service) === rules.rules.get(service)) continue;
      const target = this.#update(id, instance);
      if (target !== undefined) yield [id, target];
    }
  }

  /** Forgets all targets but these. */
  keepOnly(ids: ReadonlySet<TargetId>): void {
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
  }

  /** Forgets a target. */
  forget(id: TargetId): void {
    this.#known.delete(id);
  }

  #count(kind: string): number {
    let count = 0;
    for (const { fingerprint } of this.#known.values()) if (fingerprint.startsWith(kind)) count += 1;
    return count;
  }

  #update(id: TargetId, instance: Parsed<InstanceRecord>): Parsed<Target> | undefined {
    const target = this.#merge(id, instance);
    const fingerprint = fingerprintOf(target);
    const isSame = this.#known.get(id)?.fingerprint === fingerprint;
    this.#known.set(id, { instance, fingerprint });
    return isSame ? undefined : target;
  }

  #merge(id: TargetId, instance: Parsed<InstanceRecord>): Parsed<Target> {
    if (!instance.ok) return instance;
    const { defaults, rules } = this.#rules;
    const { service } = splitTargetId(id);
    return effectiveTarget({ id, defaults, service: rules.get(service) ?? NO_RULE, instance: instance.value });
  }
}

/** Equal for equal targets; begins with `+`, `-` for one that is refused, `~` for one that is dropped. */
function fingerprintOf(target: Parsed<Target>): string {
  if (target.ok) return `+${target.value.url} ${JSON.stringify([target.value.rule, target.value.labels])}`;
  return `${target.isDropped === true ? '~' : '-'}${target.reason}`;
}
