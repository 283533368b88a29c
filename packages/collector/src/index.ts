export { Collector, OWN_SERVICE } from './collector.ts';
export { DEFAULT_COLLECTOR_OPTIONS, defaultHandoverMs } from './collector-options.ts';
export { CollectorError } from './errors.ts';

export type { CollectorOptions } from './collector-options.ts';
export type { TargetHealth, TargetState } from './engine/target-state.ts';
export type { CollectorErrorCode } from './errors.ts';
export type { ListenAddress } from './http/status-server.ts';
export type { SlotCounts } from './schedule/slot-counters.ts';
export type { CollectorPhase, CollectorReport } from './status/collector-report.ts';
