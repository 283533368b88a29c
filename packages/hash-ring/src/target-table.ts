import { hashText, type Hash128 } from './murmur3.ts';

/** A set of targets, found by name. */
export interface TargetTable {
  /** Each target once, in the order of its first appearance. */
  readonly names: readonly string[];
  /** Open addressing, linear probing: 1 + index in `names`, 0 where free. A power of two, at most two thirds full. */
  readonly slots: Int32Array;
}

/** What the placement needs to know of the targets, in the order of their names. */
export interface TargetHashes {
  /** Where each target is on the circle. */
  readonly positions: Uint32Array;
  /** Which targets keep their place when a member is full: the lower ones. Independent of the positions. */
  readonly priorities: Uint32Array;
  /** Sums of words of all hashes: the same for the same set in any order. */
  readonly sums: readonly [number, number];
}

/** Collects a set of targets and hashes them. O(targets). */
export function tabulate(targets: Iterable<string>): { table: TargetTable; hashes: TargetHashes } {
  const names = [...targets];
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, names.length) * 1.5)));
  const positions = new Uint32Array(names.length);
  const priorities = new Uint32Array(names.length);
  const hash: Hash128 = new Uint32Array(4);
  let size = 0;
  let [lowSum, highSum] = [0, 0];
  for (const name of names) {
    hashText(name, hash);
    const [position = 0, priority = 0, probe = 0, fourth = 0] = hash;
    const slot = findSlot(slots, names, name, probe);
    if (slots[slot] !== 0) {
      continue;
    }
    names[size] = name;
    positions[size] = position;
    priorities[size] = priority;
    size += 1;
    slots[slot] = size;
    lowSum = (lowSum + probe) >>> 0;
    highSum = (highSum + fourth) >>> 0;
  }
  names.length = size;
  return {
    table: { names, slots },
    hashes: {
      positions: positions.subarray(0, size),
      priorities: priorities.subarray(0, size),
      sums: [lowSum, highSum],
    },
  };
}

const lookupHash: Hash128 = new Uint32Array(4);

/** Index of a target in `names`, −1 when it is not in the set. O(1) expected. */
export function indexOfTarget({ names, slots }: TargetTable, name: string): number {
  hashText(name, lookupHash);
  return (slots[findSlot(slots, names, name, lookupHash[2] ?? 0)] ?? 0) - 1;
}

/** The slot that holds a name, or the free one where it belongs. */
function findSlot(slots: Int32Array, names: readonly string[], name: string, probe: number): number {
  const mask = slots.length - 1;
  let slot = probe & mask;
  for (let entry = slots[slot] ?? 0; entry !== 0 && names[entry - 1] !== name; entry = slots[slot] ?? 0) {
    slot = (slot + 1) & mask;
  }
  return slot;
}
