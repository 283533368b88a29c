import type { TargetId } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';

/** The names of all keys; `docs/redis-layout.md` describes what they hold. */
export interface KeyLayout {
  /** The stream of a target's frames. */
  frames(id: TargetId): string;
  /** Frames that came after newer ones of the target. */
  late(id: TargetId): string;
  schema(schemaId: string): string;
  /** What the keys of a target's time series begin with; see `docs/timeseries.md`. */
  series(id: TargetId): string;
  /** Hash: target → labels, retention, schemas. */
  readonly targets: string;
  /** Hash: schema → names of its metrics. */
  readonly schemas: string;
  /** Sorted set: when entries of the two hashes end. */
  readonly expiry: string;
  /** Hash: collector → heartbeat; and when heartbeats end. */
  readonly collectors: string;
  readonly collectorExpiry: string;
  /** String: the driver whose samples readers find here, where it is not the stream driver. */
  readonly driver: string;
}

/**
 * Keys of a target share the hash tag `{<target>}`, those of the index `{index}`, so that each script touches one slot
 * of a Redis Cluster.
 *
 * @throws StoreError with code `InvalidOption` for a prefix with braces
 */
export function keyLayout(prefix: string): KeyLayout {
  if (/[{}]/.test(prefix))
    throw new StoreError('InvalidOption', `a key prefix has no braces, got ${JSON.stringify(prefix)}`);
  return {
    frames: (id) => `${prefix}:{${escapeTag(id)}}:frames`,
    late: (id) => `${prefix}:{${escapeTag(id)}}:late`,
    schema: (schemaId) => `${prefix}:schema:${schemaId}`,
    series: (id) => `${prefix}:{${escapeTag(id)}}:ts:`,
    targets: `${prefix}:{index}:targets`,
    schemas: `${prefix}:{index}:schemas`,
    expiry: `${prefix}:{index}:expiry`,
    collectors: `${prefix}:{index}:collectors`,
    collectorExpiry: `${prefix}:{index}:collector-expiry`,
    driver: `${prefix}:{index}:driver`,
  };
}

/** Braces in a name would end the tag early: they are percent-encoded, and so is the percent sign. */
function escapeTag(id: TargetId): string {
  return id.replace(/[%{}]/g, encodeURIComponent);
}
