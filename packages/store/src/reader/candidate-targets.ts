import type { StoredTarget } from '../frame-reader.ts';
import type { SchemaCache } from './schema-cache.ts';
import type { SeriesMatch } from './series-match.ts';

/** A target that may have wanted series, and in which of its schemas. */
export interface CandidateTarget {
  readonly target: StoredTarget;
  readonly schemaIds: readonly string[];
}

/** Passes over the targets that cannot have wanted series, as the summaries of their schemas tell. @throws StoreError */
export async function candidateTargets(
  cache: SchemaCache,
  match: SeriesMatch,
  targets: readonly StoredTarget[],
): Promise<CandidateTarget[]> {
  const ids = new Set(targets.flatMap(({ schemaIds }) => schemaIds));
  const summaries = await cache.summaries(ids);
  const wanted = new Set<string>();
  for (const id of ids) {
    const summary = summaries.get(id);
    // A schema without a summary has to be read.
    if (summary === undefined || match.mayMatch(summary)) wanted.add(id);
  }
  return targets
    .map((target) => ({ target, schemaIds: target.schemaIds.filter((id) => wanted.has(id)) }))
    .filter(({ target, schemaIds }) => schemaIds.length > 0 || match.syntheticOf(target.labels).length > 0);
}
