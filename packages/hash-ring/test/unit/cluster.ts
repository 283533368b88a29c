import { type Assignment, type RingMember } from '../../src/index.ts';

/** Names of the kind that a cluster has; other seeds give other names. */
export function targetNames(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, index) => `service-${seed}-${index % 37}/instance-${index}`);
}

/** Members of capacity 1; the first ones are the same for every count. */
export function memberNames(count: number, seed: number): RingMember[] {
  return Array.from({ length: count }, (_, index) => ({ id: `collector-${seed}-${index}` }));
}

/** Targets, out of the given ones, whose first owner differs. */
export function countMoved(targets: readonly string[], before: Assignment, after: Assignment): number {
  return targets.filter((target) => before.ownersOf(target)[0] !== after.ownersOf(target)[0]).length;
}

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
