export { CorruptFrame, StoreError } from './errors.ts';
export { DEFAULT_STORE_OPTIONS } from './normal-options.ts';
export { openStore } from './open-store.ts';
export { isStaleMarker, isStaleValue } from './reader/stale-marker.ts';
export { redactRedisUrl } from './redis/redis-url.ts';
export { explainExcess } from './schema/schema-limits.ts';

export type { CollectorStatus } from './collector-status.ts';
export type { StoreErrorCode } from './errors.ts';
export type { Frame, FrameSamples } from './frame.ts';
export type {
  Aggregation,
  FrameReader,
  LastReport,
  LastReportOptions,
  OutcomeOptions,
  OutcomePage,
  ReadOptions,
  SelectOptions,
  SeriesResult,
  SlotKind,
  SlotOutcome,
  SlotRecord,
  StoredSeries,
  StoredTarget,
} from './frame-reader.ts';
export type { AppendOutcome, FrameWriter, TargetWriter, WrittenTarget } from './frame-writer.ts';
export type { ServerInspection, Store, StoreHealth, StoreState } from './store.ts';
export type { SentinelCredentials, StoreOptions, TimeseriesOptions } from './store-options.ts';
export type { StoreDriver } from './timeseries/driver-reader.ts';
export type { TimeseriesHealth } from './timeseries/series-counters.ts';
