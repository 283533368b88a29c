import {
  explainInvalidName,
  knownTargetId,
  parseClusterDefaults,
  parseServiceRule,
  systemClock,
  type Clock,
  type ClusterDefaults,
  type ForeignSource,
  type InstanceRecord,
  type Parsed,
  type ServiceRule,
  type TargetId,
} from '@pulsekeeper/model';
import type { ListManyOptions, ZnodeStat } from '@pulsekeeper/zk-session';
import { mapBounded } from './bounded-map.ts';
import { parseCollector, type CollectorRecord } from './collector-record.ts';
import type { DirectoryProblem } from './directory-view.ts';
import { codeOf, isRetryable, messageOf } from './errors.ts';
import { missingTreeReason, toForeignChildren, unusedReason } from './foreign-children.ts';
import { parseInstanceAt, placeOfInstance, type InstancePlace, type ServiceOrigin } from './instance-place.ts';
import { listZnode, readZnode, type ZnodeData } from './read-znode.ts';
import type { RegistrySession } from './registry-session.ts';
import { ZNODES } from './znode-path.ts';

/** One znode as it was read: what it says, or why it cannot be understood, and what ZooKeeper knows of it. */
export interface SnapshotNode<T> {
  /** What it says, or the reason why that counts for nothing. */
  readonly parsed: Parsed<T>;
  /** `undefined` when the znode does not exist or may not be read. */
  readonly stat: ZnodeStat | undefined;
}

/** An instance within a {@link ClusterSnapshot}. */
export interface SnapshotInstance extends SnapshotNode<InstanceRecord> {
  /** Where it is registered. */
  readonly place: InstancePlace;
}

/** A service within a {@link ClusterSnapshot}. */
export interface ServiceSnapshot {
  /** The service's scrape rule. */
  readonly rule: SnapshotNode<ServiceRule>;
  /** The foreign tree that its instances come from, when they are not registered by us. */
  readonly source: ForeignSource | undefined;
  /** Where each of its instances is registered, whether its data was read or not; by name, sorted. */
  readonly places: ReadonlyMap<string, InstancePlace>;
  /** Those whose data was read; by name, sorted. */
  readonly instances: ReadonlyMap<string, SnapshotInstance>;
}

/** Everything that stands in ZooKeeper, read once. The parts were read one after the other, not at one instant. */
export interface ClusterSnapshot {
  /** The cluster's defaults and bounds. */
  readonly defaults: SnapshotNode<ClusterDefaults>;
  /** By name, sorted. */
  readonly services: ReadonlyMap<string, ServiceSnapshot>;
  /** By name, sorted. */
  readonly collectors: ReadonlyMap<string, SnapshotNode<CollectorRecord>>;
  /** Everything that was skipped or could not be understood. */
  readonly problems: readonly DirectoryProblem[];
  /** Unix time in ms at which the reading began. */
  readonly readAtMs: number;
}

/** Options of {@link readCluster}. */
export interface ReadClusterOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Reads under way at a time, at most 256.
   * @defaultValue 128
   */
  readonly concurrency?: number | undefined;
  /**
   * Says of which instances the data is read, given the identities of all; where only names matter nothing is read
   * of 50,000 znodes. Called once.
   * @defaultValue all of them
   */
  readonly select?: ((ids: readonly TargetId[]) => Iterable<TargetId> | Promise<Iterable<TargetId>>) | undefined;
  /**
   * Where the instances of some services are looked for, whatever their rules say: `undefined` for registrations of our own.
   * For tools that tell what another rule would find; a service that does not exist yet may be among them.
   * @defaultValue what the rules say
   */
  readonly sources?: ReadonlyMap<string, ForeignSource | undefined> | undefined;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
}

/**
 * Reads the whole cluster once, for tools: names, rules, and the data of collectors and of the instances that are selected,
 * all of them by default. Creates nothing.
 * A znode that cannot be understood or may not be read is reported in its place and in `problems`.
 *
 * @throws ZkError when the session fails; the signal's reason.
 */
export async function readCluster(
  session: RegistrySession,
  options: ReadClusterOptions = {},
): Promise<ClusterSnapshot> {
  const readAtMs = (options.clock ?? systemClock).now();
  const reading = new ClusterReading(session, options);
  const defaults = await reading.node(ZNODES.defaults, parseClusterDefaults);
  const [serviceNames, collectorNames] = [await reading.names(ZNODES.services), await reading.names(ZNODES.collectors)];
  const collectors = await reading.nodes(
    collectorNames.map((name) => ({ name, path: ZNODES.collectorPath(name) })),
    parseCollector,
  );
  const asked = options.sources ?? new Map<string, ForeignSource | undefined>();
  const named = [...new Set([...serviceNames, ...asked.keys()])].sort();
  const rules = await reading.nodesAt(named.map((service) => ZNODES.servicePath(service)));
  const found = named.map((service) => {
    const path = ZNODES.servicePath(service);
    const rule = reading.understood(path, rules.get(path), parseServiceRule) ?? nothing(parseServiceRule);
    const source = asked.has(service) ? asked.get(service) : rule.parsed.ok ? rule.parsed.value.source : undefined;
    return { service, path, rule, source };
  });
  const listed = await reading.namesAt(found.filter(({ source }) => source === undefined).map(({ path }) => path));
  const services = await reading.each(found, async ({ service, path, rule, source }) => {
    const { names, origin } =
      source === undefined
        ? { names: listed.get(path) ?? [], origin: undefined }
        : await reading.foreignInstances(service, source, rule.stat);
    const places = names.map((name) => ({
      name,
      id: knownTargetId(service, name),
      place: placeOfInstance(service, name, origin),
    }));
    return { service, rule, source, places };
  });
  // One bounded run over the instances of all services: many small services are as quick as one large one.
  const selected = await selectPlaces(
    services.flatMap(({ places }) => places),
    options.select,
  );
  const nodes = await reading.instancesAt(selected);
  return {
    defaults,
    services: new Map(
      services.map(({ service, rule, source, places }) => {
        const present = new Map<string, InstancePlace>();
        const read = new Map<string, SnapshotInstance>();
        for (const { name, id, place } of places) {
          const node = nodes.get(id);
          if (node !== undefined) read.set(name, node);
          // One that was to be read and is not there has gone since it was listed.
          else if (nodes.has(id)) continue;
          present.set(name, place);
        }
        return [service, { rule, source, places: present, instances: read }];
      }),
    ),
    collectors,
    problems: reading.problems,
    readAtMs,
  };
}

interface PlacedInstance {
  readonly name: string;
  readonly id: TargetId;
  readonly place: InstancePlace;
}

async function selectPlaces(
  places: readonly PlacedInstance[],
  select: ReadClusterOptions['select'],
): Promise<readonly PlacedInstance[]> {
  if (select === undefined) return places;
  const ids = places.map(({ id }) => id);
  const wanted = await select(ids);
  if (wanted === ids) return places;
  const selected = new Set(wanted);
  return places.filter(({ id }) => selected.has(id));
}

/** Why a znode could not be read. */
interface Refusal {
  readonly refusal: string;
}

/** Instances are read and taken apart by parts: while one is taken apart, the server is at work on another. */
const INSTANCES_A_PART = 240;
const PARTS_AT_ONCE = 2;

/** Whether an error is the session's or a programmer's, and not about one node. */
function isOfSession(error: unknown): boolean {
  return isRetryable(error) || codeOf(error) === undefined || codeOf(error) === 'Closed';
}

/** What is not there says what an empty node would. */
function nothing<T>(parse: (data: Uint8Array) => Parsed<T>): SnapshotNode<T> {
  return { parsed: parse(new Uint8Array()), stat: undefined };
}

/** The session, the limits and the problems of one reading. */
class ClusterReading {
  readonly problems: DirectoryProblem[] = [];
  readonly #session: RegistrySession;
  readonly #concurrency: number;
  readonly #signal: AbortSignal | undefined;

  constructor(session: RegistrySession, { concurrency = 128, signal }: ReadClusterOptions) {
    this.#session = session;
    this.#concurrency = concurrency;
    this.#signal = signal;
  }

  each<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
    return mapBounded(items, this.#concurrency, work);
  }

  /** Valid names of the children, sorted. */
  async names(path: string): Promise<string[]> {
    return (await this.namesAt([path])).get(path) ?? [];
  }

  /** As {@link ClusterReading.names}, of many nodes; nothing for those that are not there or may not be read. */
  async namesAt(paths: readonly string[]): Promise<Map<string, string[]>> {
    const lists = await this.#many(
      paths,
      (options) => this.#session.listMany(paths, options),
      async (path, signal) => (await listZnode(this.#session, path, { signal }))?.children,
    );
    const names = new Map<string, string[]>();
    for (const [path, list] of lists) {
      if (list === undefined || 'refusal' in list) continue;
      names.set(path, list.filter((name) => this.#isValid(path, name)).sort());
    }
    return names;
  }

  /** Names of the instances of a service whose rule names a foreign tree, sorted, and where they are registered. */
  async foreignInstances(
    service: string,
    source: ForeignSource,
    stat: ZnodeStat | undefined,
  ): Promise<{ names: string[]; origin: ServiceOrigin | undefined }> {
    const path = ZNODES.servicePath(service);
    if (stat !== undefined && stat.numChildren > 0) {
      this.problems.push({ path: `${path}/*`, reason: unusedReason(stat.numChildren, source) });
    }
    const signal = this.#signal;
    const list = await this.#orRefusal(source.path, () => listZnode(this.#session, source.path, { signal }));
    if (list === undefined) this.problems.push({ path: source.path, reason: missingTreeReason(service) });
    const children = list === undefined || 'refusal' in list ? [] : list.children;
    const { instances, origin, refused } = toForeignChildren(source, children);
    for (const [name, reason] of refused) this.problems.push({ path: `${source.path}/${name}`, reason });
    return { names: [...instances].sort(), origin };
  }

  /** Instances, by identity; `undefined` for one that went since it was listed. */
  async instancesAt(places: readonly PlacedInstance[]): Promise<Map<TargetId, SnapshotInstance | undefined>> {
    const nodes = new Map<TargetId, SnapshotInstance | undefined>();
    const readPart = async (part: readonly PlacedInstance[]): Promise<void> => {
      const read = await this.nodesAt(part.map(({ place }) => place.path));
      for (const { id, place } of part) {
        const node = this.understood(place.path, read.get(place.path), (data) => parseInstanceAt(place, data));
        nodes.set(id, node === undefined ? undefined : { ...node, place });
      }
    };
    const parts: PlacedInstance[][] = [];
    for (let start = 0; start < places.length; start += INSTANCES_A_PART)
      parts.push(places.slice(start, start + INSTANCES_A_PART));
    await mapBounded(parts, PARTS_AT_ONCE, readPart);
    return nodes;
  }

  /** A node that is missing is parsed as if it were empty. */
  async node<T>(path: string, parse: (data: Uint8Array) => Parsed<T>): Promise<SnapshotNode<T>> {
    const nodes = await this.nodesAt([path]);
    return this.understood(path, nodes.get(path), parse) ?? nothing(parse);
  }

  /** The nodes that are there, by name. */
  async nodes<T>(
    items: readonly { readonly name: string; readonly path: string }[],
    parse: (data: Uint8Array) => Parsed<T>,
  ): Promise<Map<string, SnapshotNode<T>>> {
    const read = await this.nodesAt(items.map(({ path }) => path));
    return new Map(
      items.flatMap(({ name, path }) => {
        const node = this.understood(path, read.get(path), parse);
        return node === undefined ? [] : [[name, node]];
      }),
    );
  }

  /** What stands at the paths, with few requests; nothing for those that are not there. */
  async nodesAt(paths: readonly string[]): Promise<Map<string, ZnodeData | Refusal | undefined>> {
    return this.#many(
      paths,
      (options) => this.#session.readMany(paths, options),
      (path, signal) => readZnode(this.#session, path, { signal }),
    );
  }

  /** Reads many nodes with few requests; where that fails for one of them, one by one, to tell which it is. */
  async #many<T>(
    paths: readonly string[],
    readAll: (options: ListManyOptions) => Promise<Map<string, T | undefined>>,
    readOne: (path: string, signal: AbortSignal | undefined) => Promise<T | undefined>,
  ): Promise<Map<string, T | Refusal | undefined>> {
    const signal = this.#signal;
    const concurrency = Math.ceil(this.#concurrency / PARTS_AT_ONCE);
    const refused = new Map<string, Refusal>();
    const onNodeError = (path: string, error: unknown): unknown => refused.set(path, this.#refuse(path, error));
    try {
      const nodes = await readAll({ signal, concurrency, onNodeError });
      return refused.size === 0 ? nodes : new Map<string, T | Refusal | undefined>([...nodes, ...refused]);
    } catch (error) {
      if (isOfSession(error)) throw error;
      const read = await mapBounded(paths, concurrency, async (path) => {
        const node = await this.#orRefusal(path, () => readOne(path, signal));
        return [path, node] as const;
      });
      return new Map(read);
    }
  }

  /** What a node says, or why that counts for nothing; `undefined` when it is not there. */
  understood<T>(
    path: string,
    node: ZnodeData | Refusal | undefined,
    parse: (data: Uint8Array) => Parsed<T>,
  ): SnapshotNode<T> | undefined {
    if (node === undefined) return undefined;
    if ('refusal' in node) return { parsed: { ok: false, reason: node.refusal }, stat: undefined };
    const parsed = parse(node.data);
    if (!parsed.ok) this.problems.push({ path, reason: parsed.reason });
    return { parsed, stat: node.stat };
  }

  async #orRefusal<T>(path: string, read: () => Promise<T>): Promise<T | Refusal> {
    try {
      return await read();
    } catch (error) {
      if (isOfSession(error)) throw error;
      return this.#refuse(path, error);
    }
  }

  #refuse(path: string, error: unknown): Refusal {
    const refusal = `cannot be read: ${messageOf(error)}`;
    this.problems.push({ path, reason: refusal });
    return { refusal };
  }

  #isValid(parent: string, name: string): boolean {
    const reason = explainInvalidName(name);
    if (reason !== undefined) this.problems.push({ path: `${parent}/${name}`, reason });
    return reason === undefined;
  }
}
