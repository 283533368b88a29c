import { indexOfTarget, type TargetTable } from './target-table.ts';

/**
 * Who owns what: the outcome of `assign`. Immutable.
 *
 * Holds the targets' names by reference and about 18 bytes a target, plus 2 a rank beyond the first.
 */
export interface Assignment {
  /** 16 hexadecimal digits, the same exactly when targets, members, capacities and options are the same. */
  readonly version: string;
  /** Number of targets. */
  readonly size: number;
  /** Ids of the members, sorted. */
  readonly members: readonly string[];
  /** How many distinct owners each target has: the replication asked for, or the number of members if that is less. */
  readonly ranks: number;
  /** The owners of a target, rank 0 first; empty when the target is unknown or there are no members. O(1). */
  ownersOf(target: string): readonly string[];
  /** The rank of a member among the owners of a target; −1 when it is none. O(1). */
  rank(target: string, member: string): number;
  /**
   * What a member owns, sorted: at any rank, or at the given one only. Computed at each call in O(targets), plus the sort of
   * what is found.
   */
  targetsOf(member: string, rank?: number): readonly string[];
  /** How many targets a member owns: at any rank, or at the given one only. O(1). */
  loadOf(member: string, rank?: number): number;
  /** How many targets a member may own at one rank; 0 for an unknown one. See `loadFactor`. */
  boundOf(member: string): number;
}

/** What an {@link Assignment} is made of. */
export interface AssignmentParts {
  readonly version: string;
  readonly table: TargetTable;
  readonly members: readonly string[];
  readonly bounds: Uint32Array;
  /** Member index of every target, an array a rank. */
  readonly owners: readonly Uint16Array[];
}

/** Wraps the outcome of a placement. O(targets), for counting the loads. */
export function createAssignment(parts: AssignmentParts): Assignment {
  return new PlacedTargets(parts);
}

class PlacedTargets implements Assignment {
  readonly version: string;
  readonly members: readonly string[];
  readonly #parts: AssignmentParts;
  readonly #indexByMember: ReadonlyMap<string, number>;
  /** Targets of every member, an array a rank. */
  readonly #loads: readonly Uint32Array[];

  constructor(parts: AssignmentParts) {
    this.version = parts.version;
    this.members = parts.members;
    this.#parts = parts;
    this.#indexByMember = new Map(parts.members.map((id, index) => [id, index]));
    this.#loads = parts.owners.map((owners) => countByMember(owners, parts.members.length));
  }

  get size(): number {
    return this.#parts.table.names.length;
  }

  get ranks(): number {
    return this.#parts.owners.length;
  }

  ownersOf(target: string): readonly string[] {
    const index = indexOfTarget(this.#parts.table, target);
    return index < 0 ? [] : this.#parts.owners.map((owners) => this.members[owners[index] ?? 0] ?? '');
  }

  rank(target: string, member: string): number {
    const index = indexOfTarget(this.#parts.table, target);
    const memberIndex = this.#indexByMember.get(member);
    return index < 0 ? -1 : this.#parts.owners.findIndex((owners) => owners[index] === memberIndex);
  }

  targetsOf(member: string, rank?: number): readonly string[] {
    const memberIndex = this.#indexByMember.get(member);
    const found: string[] = [];
    for (const owners of this.#ranksOf(this.#parts.owners, rank)) {
      for (let index = 0; index < owners.length; index += 1) {
        if (owners[index] === memberIndex) {
          found.push(this.#parts.table.names[index] ?? '');
        }
      }
    }
    return found.sort();
  }

  loadOf(member: string, rank?: number): number {
    const index = this.#indexByMember.get(member) ?? -1;
    return this.#ranksOf(this.#loads, rank).reduce((sum, loads) => sum + (loads[index] ?? 0), 0);
  }

  boundOf(member: string): number {
    return this.#parts.bounds[this.#indexByMember.get(member) ?? -1] ?? 0;
  }

  #ranksOf<T>(all: readonly T[], rank: number | undefined): readonly T[] {
    return rank === undefined ? all : all.slice(rank, rank + 1);
  }
}

function countByMember(owners: Uint16Array, memberCount: number): Uint32Array {
  const loads = new Uint32Array(memberCount);
  for (const member of owners) {
    loads[member] = (loads[member] ?? 0) + 1;
  }
  return loads;
}
