import {
  escapeUnsafe,
  explainInvalidName,
  parseClusterDefaults,
  parseServiceRule,
  type ClusterDefaults,
  type ForeignSource,
  type ServiceRule,
} from '@pulsekeeper/model';
import { parseCollector, type CollectorRecord } from './collector-record.ts';
import { toServiceContent, type ServiceContent, type Sourced } from './directory-content.ts';
import type { DirectoryState } from './directory-state.ts';
import { missingTreeReason, toForeignChildren, unusedReason } from './foreign-children.ts';
import { isSameSource } from './instance-place.ts';
import { rootIdentity } from './suspect-tree.ts';
import type { ZnodeChildren, ZnodeData } from './read-znode.ts';
import { ZNODES } from './znode-path.ts';

/**
 * The next state of a directory while its parts are read. Pure: it is told what was read, `undefined` for a znode that
 * is not there, and keeps, skips or replaces. Nothing of it is seen before `finish`.
 */
export class DirectoryDraft {
  readonly #before: DirectoryState;
  readonly #services: Map<string, ServiceContent>;
  readonly #collectors: Map<string, Sourced<CollectorRecord>>;
  readonly #problems: Map<string, string>;
  #defaults: Sourced<ClusterDefaults> | undefined;
  #servicesRoot: string | undefined;
  #collectorsRoot: string | undefined;

  constructor(before: DirectoryState) {
    this.#before = before;
    this.#services = new Map(before.content.services);
    this.#collectors = new Map(before.content.collectors);
    this.#problems = new Map(before.problems);
    this.#defaults = before.content.defaults;
    this.#servicesRoot = before.roots.services;
    this.#collectorsRoot = before.roots.collectors;
  }

  /** The list of services was read. Gives the names that were not known before. */
  takeServices(list: ZnodeChildren | undefined): string[] {
    const names = this.#validNames(ZNODES.services, list?.children ?? []);
    this.#servicesRoot = list === undefined ? undefined : rootIdentity(list.stat);
    for (const known of [...this.#services.keys()]) {
      if (!names.has(known)) this.#dropService(known);
    }
    const added = [...names].filter((name) => !this.#services.has(name));
    for (const name of added) this.#services.set(name, toServiceContent(name, [], undefined));
    return added;
  }

  /** The list of collectors was read. Gives the names whose records are not known. */
  takeCollectors(list: ZnodeChildren | undefined): string[] {
    const names = this.#validNames(ZNODES.collectors, list?.children ?? []);
    this.#collectorsRoot = list === undefined ? undefined : rootIdentity(list.stat);
    for (const known of [...this.#collectors.keys()]) {
      if (!names.has(known)) this.#collectors.delete(known);
    }
    return [...names].filter((name) => !this.#collectors.has(name));
  }

  /** The cluster's defaults were read. What cannot be understood leaves the last ones that could in force. */
  takeDefaults(node: ZnodeData | undefined): void {
    this.#problems.delete(ZNODES.defaults);
    if (node === undefined || node.data.byteLength === 0) {
      this.#defaults = undefined;
      return;
    }
    const parsed = parseClusterDefaults(node.data);
    if (parsed.ok) this.#defaults = { value: parsed.value, data: node.data };
    else this.#problems.set(ZNODES.defaults, parsed.reason);
  }

  /** Where a service's instances are to be listed, when that is not below its own znode. */
  sourceOf(service: string): ForeignSource | undefined {
    return this.#services.get(service)?.rule?.value.source;
  }

  /** The services whose rule has come to say another place than their instances were listed at. */
  servicesElsewhere(): string[] {
    const elsewhere = ([name, { origin }]: [string, ServiceContent]): boolean =>
      !isSameSource(this.sourceOf(name), origin?.source);
    return [...this.#services].filter(elsewhere).map(([name]) => name);
  }

  /** The tree was listed that a service's rule points at. One that is not there has no instances. */
  takeForeignInstances(service: string, source: ForeignSource, list: ZnodeChildren | undefined): void {
    const before = this.#services.get(service);
    if (before === undefined) return;
    this.#forgetForeignProblems(before.origin?.source);
    this.#forgetForeignProblems(source);
    if (list === undefined) this.#problems.set(source.path, missingTreeReason(service));
    const { instances, origin, refused } = toForeignChildren(source, list?.children ?? []);
    for (const [name, reason] of refused) this.#problems.set(`${source.path}/${escapeUnsafe(name)}`, reason);
    this.#services.set(service, toServiceContent(service, instances, before.rule, before, origin));
  }

  /** A service's instances were listed. */
  takeInstances(service: string, list: ZnodeChildren | undefined): void {
    const before = this.#services.get(service);
    if (list === undefined || before === undefined) {
      this.#dropService(service);
      return;
    }
    this.#forgetForeignProblems(before.origin?.source);
    const names = this.#validNames(`${ZNODES.services}/${service}`, list.children);
    this.#services.set(service, toServiceContent(service, [...names], before.rule, before));
  }

  /** A service's rule was read. What cannot be understood leaves the last one that could in force. */
  takeRule(service: string, node: ZnodeData | undefined): void {
    const before = this.#services.get(service);
    if (node === undefined || before === undefined) {
      this.#dropService(service);
      return;
    }
    const path = `${ZNODES.services}/${service}`;
    this.#problems.delete(path);
    if (this.sourceOf(service) !== undefined) this.#problems.delete(`${path}/*`);
    let rule: Sourced<ServiceRule> | undefined;
    if (node.data.byteLength > 0) {
      const parsed = parseServiceRule(node.data);
      if (parsed.ok) rule = { value: parsed.value, data: node.data };
      else this.#problems.set(path, parsed.reason);
      rule ??= before.rule;
    }
    const source = rule?.value.source;
    if (source !== undefined && node.stat.numChildren > 0) {
      this.#problems.set(`${path}/*`, unusedReason(node.stat.numChildren, source));
    }
    this.#services.set(service, toServiceContent(service, [...before.instances], rule, before, before.origin));
  }

  /** A collector's record was read. One that cannot be understood is no collector, on all observers alike. */
  takeCollector(id: string, node: ZnodeData | undefined): void {
    const path = `${ZNODES.collectors}/${id}`;
    this.#problems.delete(path);
    const before = this.#collectors.get(id);
    this.#collectors.delete(id);
    if (node === undefined) return;
    const parsed = parseCollector(node.data);
    if (!parsed.ok) this.#problems.set(path, parsed.reason);
    else if (parsed.value.id !== id) this.#problems.set(path, 'field id is not the name of the znode');
    else if (before !== undefined && Buffer.compare(before.data, node.data) === 0) this.#collectors.set(id, before);
    else this.#collectors.set(id, { value: parsed.value, data: node.data });
  }

  /** A znode is there but refuses to be read; what was known of it stays. */
  takeRefusal(path: string, reason: string): void {
    this.#problems.set(path, reason);
  }

  finish(): DirectoryState {
    return {
      roots: { services: this.#servicesRoot, collectors: this.#collectorsRoot },
      content: { services: this.#services, collectors: this.#collectors, defaults: this.#defaults },
      problems: isSameMap(this.#problems, this.#before.problems) ? this.#before.problems : this.#problems,
    };
  }

  #dropService(service: string): void {
    const before = this.#services.get(service);
    this.#forgetForeignProblems(before?.origin?.source);
    this.#services.delete(service);
    const path = `${ZNODES.services}/${service}`;
    for (const known of [...this.#problems.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#problems.delete(known);
    }
  }

  /** What was wrong with a foreign tree and with its children. */
  #forgetForeignProblems(source: ForeignSource | undefined): void {
    if (source === undefined) return;
    const { path } = source;
    for (const known of [...this.#problems.keys()]) {
      if (known === path || known.slice(0, known.lastIndexOf('/')) === path) this.#problems.delete(known);
    }
  }

  #validNames(parent: string, children: readonly string[]): Set<string> {
    const names = new Set(children);
    for (const path of [...this.#problems.keys()]) {
      const end = path.lastIndexOf('/');
      if (path.slice(0, end) === parent && !names.has(path.slice(end + 1))) this.#problems.delete(path);
    }
    for (const name of children) {
      const reason = explainInvalidName(name);
      if (reason === undefined) continue;
      names.delete(name);
      this.#problems.set(`${parent}/${escapeUnsafe(name)}`, reason);
    }
    return names;
  }
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
