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
  /** How many fingerprints begin with each character. */
  readonly #counts = new Map<string, number>();
  #rules: Rules = { defaults: NO_CLUSTER_DEFAULTS, rules: new Map() };

  /** Targets whose registration or rules make no sense. */
  get rejectedCount(): number {
    return this.#counts.get('-') ?? 0;
  }

  /** Targets that relabelling leaves out. */
  get droppedCount(): number {
    return this.#counts.get('~') ?? 0;
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
    for (const id of this.#known.keys()) if (!ids.has(id)) this.forget(id);
  }

  /** Forgets a target. */
  forget(id: TargetId): void {
    this.#count(this.#known.get(id)?.fingerprint, -1);
    this.#known.delete(id);
  }

  #count(fingerprint: string | undefined, change: number): void {
    const kind = fingerprint?.charAt(0);
    if (kind !== undefined) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + change);
  }

  #update(id: TargetId, instance: Parsed<InstanceRecord>): Parsed<Target> | undefined {
    const target = this.#merge(id, instance);
    const fingerprint = fingerprintOf(target);
    const before = this.#known.get(id)?.fingerprint;
    const isSame = before === fingerprint;
    this.#count(before, -1);
    this.#count(fingerprint, 1);
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
