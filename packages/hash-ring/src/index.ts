export { assign, DEFAULT_ASSIGN_OPTIONS } from './assign.ts';
export { clockwiseMembers } from './clockwise-members.ts';
export { movedTargets } from './moved-targets.ts';
export { MAX_CAPACITY, MIN_CAPACITY } from './ring-member.ts';

export type { AssignOptions } from './assign.ts';
export type { Assignment } from './assignment.ts';
export type { MovedTarget } from './moved-targets.ts';
export type { RingMember } from './ring-member.ts';
