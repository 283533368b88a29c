import { newLabelSet, type Clock, type LabelSet, type TargetId } from '@pulsekeeper/model';
import type { StoredTarget } from '../frame-reader.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';

/** Reads the targets that the store knows, in the order of their ids. @throws StoreError */
export async function readTargets(connection: RedisConnection, keys: KeyLayout, clock: Clock): Promise<StoredTarget[]> {
  const reply = await connection.call('HGETALL', keys.targets);
  const entries = Array.isArray(reply) ? (reply as unknown[]) : [];
  const targets: StoredTarget[] = [];
  for (let at = 0; at + 1 < entries.length; at += 2) {
    const target = parseTarget(String(entries[at]), String(entries[at + 1]), clock.now());
    if (target !== undefined) targets.push(target);
  }
  return targets.sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** @returns `undefined` for an entry that has ended or is not of the form that writers give it */
export function parseTarget(id: string, json: string, nowMs: number): StoredTarget | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(json);
  } catch {
    // An entry that nobody can read is as good as none; the sweep removes it in time.
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { labels, retentionMs, endsMs, schemas } = entry as Record<string, unknown>;
  if (typeof endsMs !== 'number' || endsMs <= nowMs || typeof retentionMs !== 'number') return undefined;
  const schemaIds = typeof schemas === 'object' && schemas !== null ? Object.keys(schemas) : [];
  return { id: id as TargetId, labels: labelsOf(labels), retentionMs, schemaIds: schemaIds.sort() };
}

function labelsOf(value: unknown): LabelSet {
  const labels = newLabelSet();
  if (typeof value !== 'object' || value === null) return labels;
  for (const [name, text] of Object.entries(value)) if (typeof text === 'string') labels[name] = text;
  return labels;
}
