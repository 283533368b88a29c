import type { Clock } from '@pulsekeeper/model';
import type { CollectorStatus } from './collector-status.ts';
import { HEARTBEAT_SCRIPT } from './redis/index-scripts.ts';
import type { KeyLayout } from './redis/key-layout.ts';
import type { RedisConnection } from './redis/redis-connection.ts';

/** Keeps a collector's status for a while. @throws StoreError */
export async function publishStatus(
  connection: RedisConnection,
  keys: KeyLayout,
  clock: Clock,
  status: { id: string; value: CollectorStatus; ttlMs: number },
): Promise<void> {
  const nowMs = clock.now();
  const endsMs = nowMs + status.ttlMs;
  const json = JSON.stringify({ status: status.value, endsMs });
  await connection.run(HEARTBEAT_SCRIPT, [keys.collectors, keys.collectorExpiry], [nowMs, status.id, json, endsMs]);
}

/** The statuses whose time is not over, in the order of ids. @throws StoreError */
export async function readStatuses(
  connection: RedisConnection,
  keys: KeyLayout,
  clock: Clock,
): Promise<CollectorStatus[]> {
  const reply = await connection.call('HVALS', keys.collectors);
  const values = Array.isArray(reply) ? (reply as unknown[]) : [];
  const statuses: CollectorStatus[] = [];
  for (const value of values) {
    try {
      const { status, endsMs } = JSON.parse(String(value)) as { status: CollectorStatus; endsMs: number };
      if (endsMs > clock.now() && typeof status.id === 'string') statuses.push(status);
    } catch {
      // Not ours: nothing that status could show.
    }
  }
  return statuses.sort((left, right) => (left.id < right.id ? -1 : 1));
}
