import { deferred, type TargetId } from '@pulsekeeper/model';
import type { ReadClusterOptions } from '@pulsekeeper/registry';
import type { LastReport } from '@pulsekeeper/store';

import { bothSettled, type BothAnswers } from './ask-both.ts';
import { attempt } from './attempt.ts';
import type { ClusterPicture } from './cluster-picture.ts';
import { doubtfulTargets } from './doubtful-targets.ts';
import { startStopwatch } from './stopwatch.ts';

/** What of the store's answer decides which registrations are read. */
export interface ReportingAnswer {
  readonly reports: ReadonlyMap<TargetId, LastReport>;
}

/** How the two servers are asked; each connects while the other does. */
export interface TurnPorts<Answer extends ReportingAnswer> {
  readonly readPicture: (select: ReadClusterOptions['select']) => Promise<ClusterPicture>;
  /** The ids come from the registry once it is asked for them, none while ZooKeeper is away. */
  readonly askStore: (ids: () => Promise<readonly TargetId[]>) => Promise<Answer>;
  readonly now: () => number;
}

/**
 * Reads names from the registry, asks the store how those targets do, and reads the registrations of only those that are
 * not simply up: on a large cluster that does well nearly all of the reading is left out. Where the store is away all are
 * read, for nothing else tells which of them are wrong.
 */
export async function askInTurns<Answer extends ReportingAnswer>({
  readPicture,
  askStore,
  now,
}: TurnPorts<Answer>): Promise<BothAnswers<Answer>> {
  const named = deferred<readonly TargetId[]>();
  const asked = deferred<Answer | undefined>();
  const watches = { registry: startStopwatch(), store: startStopwatch() };
  const answerSeconds = { registry: 0, store: 0 };
  const select = async (ids: readonly TargetId[]): Promise<readonly TargetId[]> => {
    named.resolve(ids);
    const answer = await watches.registry.pausedFor(asked.promise);
    return answer === undefined ? ids : doubtfulTargets(ids, answer.reports, now());
  };
  const registry = attempt(() => readPicture(select)).finally(() => {
    answerSeconds.registry = watches.registry.seconds();
    named.resolve([]);
  });
  const store = attempt(() => askStore(() => watches.store.pausedFor(named.promise))).then(
    (answer) => {
      answerSeconds.store = watches.store.seconds();
      asked.resolve(answer.ok ? answer.value : undefined);
      return answer;
    },
    (error: unknown) => {
      asked.resolve(undefined);
      throw error;
    },
  );
  const [first, second] = await bothSettled(registry, store);
  return { registry: first, store: second, answerSeconds };
}
