export { MAX_CAPACITY, MIN_CAPACITY, parseCollector, serializeCollector } from './collector-record.ts';
export { CollectorMembership } from './collector-membership.ts';
export { DEFAULT_DIRECTORY_OPTIONS, longestPollMs } from './directory-options.ts';
export { Directory } from './directory.ts';
export { RegistryError } from './errors.ts';
export { InstanceWatcher } from './instance-watcher.ts';
export { readCluster } from './read-cluster.ts';
export { createRegistrantKey, parseRegistrantKey } from './registrant-key.ts';
export { registerInstance } from './register-instance.ts';
export { Registration } from './registration.ts';
export { readRuleHistory } from './rule-history.ts';
export { readRule, writeRule } from './rule-store.ts';
export { roleOf, ZNODES } from './znode-path.ts';

// What a registrant needs besides, so that a client of the registry needs no other package.
export {
  explainInvalidName,
  firstRoutableAddress,
  InvalidRegistrationError,
  parseDuration,
  serializeInstance,
  showValue,
  silentLogger,
} from '@pulsekeeper/model';
export { ZkError, ZkSession } from '@pulsekeeper/zk-session';

export type {
  CollectorAnnouncement,
  CollectorMembershipEvents,
  CollectorMembershipOptions,
  CollectorPatch,
} from './collector-membership.ts';
export type { CollectorRecord, CollectorState } from './collector-record.ts';
export type { DirectoryDiff } from './directory-content.ts';
export type { DirectoryOptions } from './directory-options.ts';
export type { DirectoryProblem, DirectoryView } from './directory-view.ts';
export type { DirectoryEvents, DirectoryStats } from './directory.ts';
export type { RegistryErrorCode, RegistryErrorDetails, StandingOwner } from './errors.ts';
export type { InstancePlace } from './instance-place.ts';
export type { InstanceWatcherEvents, InstanceWatcherOptions } from './instance-watcher.ts';
export type {
  ClusterSnapshot,
  ReadClusterOptions,
  ServiceSnapshot,
  SnapshotInstance,
  SnapshotNode,
} from './read-cluster.ts';
export type { RegistrantKey, RegistrantSurroundings } from './registrant-key.ts';
export type { RegisterInstanceOptions } from './register-instance.ts';
export type { Composition, CompositionCause, RegistrationData } from './registration-data.ts';
export type { RegistrationEvents, RegistrationState } from './registration-state.ts';
export type { RegistrationOptions } from './registration-options.ts';
export type { RegistrySession, WatchFunction } from './registry-session.ts';
export type { RuleHistory, RuleHistoryEntry } from './rule-history.ts';
export type { RuleScope } from './rule-scope.ts';
export type { StoredRule, WriteRuleOptions } from './rule-store.ts';
export type { ZnodeRole } from './znode-path.ts';
export type { ForeignKind, ForeignSource, InstanceInput, InstanceRecord, Logger, Parsed } from '@pulsekeeper/model';
export type { SessionState, ZkSessionOptions, ZnodeStat } from '@pulsekeeper/zk-session';
