import {
  effectiveTarget,
  NO_CLUSTER_DEFAULTS,
  parseInstance,
  parseTargetId,
  type Parsed,
  type ScrapeReport,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { CollectorRecord, InstancePlace } from '@pulsekeeper/registry';
import type { LastReport } from '@pulsekeeper/store';

import type { Heartbeat } from '../../src/views/heartbeat.ts';
import type { RegisteredTarget } from '../../src/views/target-list.ts';

/** A well registered target with the given fields in its znode. */
export function registeredTarget(
  id: string,
  fields: Readonly<Record<string, unknown>> = {},
): RegisteredTarget & { readonly target: Parsed<Target> } {
  const parsed = parseInstance(new TextEncoder().encode(JSON.stringify({ address: '10.0.0.7:9100', ...fields })));
  const place: InstancePlace = { path: `/services/${id}`, source: undefined };
  if (!parsed.ok) {
    return { id: parseTargetId(id), target: parsed, place };
  }
  const target = effectiveTarget({
    id: parseTargetId(id),
    defaults: NO_CLUSTER_DEFAULTS,
    service: {},
    instance: parsed.value,
  });
  return { id: parseTargetId(id), target, place };
}

/** The latest record of a target, `up` unless said otherwise. */
export function lastReport(
  slotMs: number,
  report: Partial<ScrapeReport> = {},
  rest: Partial<LastReport> = {},
): LastReport {
  return {
    slotMs,
    intervalMs: 15_000,
    timestampMs: slotMs,
    report: {
      up: true,
      durationSeconds: 0.01,
      samplesScraped: 100,
      samplesPostRelabel: 100,
      seriesAdded: 0,
      attempts: 1,
      bodyBytes: 5000,
      ...report,
    },
    collector: 'c1',
    endedMs: undefined,
    ...rest,
  };
}

/** A collector's record. */
export function collectorRecord(id: string, fields: Partial<CollectorRecord> = {}): CollectorRecord {
  return {
    id,
    host: 'host',
    statusUrl: 'http://127.0.0.1:4000',
    capacity: 1,
    state: 'active',
    version: '0.1.0',
    activeFromMs: 1,
    incarnation: `${id}/1/a`,
    ...fields,
  };
}

/** A collector's heartbeat. */
export function heartbeat(id: string, publishedAtMs: number, fields: Partial<Heartbeat> = {}): Heartbeat {
  return {
    id,
    publishedAtMs,
    ring: undefined,
    targets: 1,
    samplesPerSecond: 10,
    lagMs: 5,
    clockSkewMs: 1,
    bufferedFrames: 0,
    zookeeper: 'connected',
    statusUrl: 'http://127.0.0.1:4000',
    version: '0.1.0',
    isStopped: false,
    slots: { expected: 10, written: 10, failed: 0, late: 0, missed: 0, doubled: 0, dropped: 0 },
    irregular: undefined,
    recent: undefined,
    ...fields,
  };
}

/** The identity of a target, without asking whether it is well-formed. */
export function id(text: string): TargetId {
  return parseTargetId(text);
}
