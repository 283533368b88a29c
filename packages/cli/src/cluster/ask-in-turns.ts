import { deferred, type TargetId } from '@pulsekeeper/model';
import type { ReadClusterOptions } from '@pulsekeeper/registry';

import { bothSettled, type BothAnswers } from './ask-both.ts';
import { attempt } from './attempt.ts';
import type { ClusterPicture } from './cluster-picture.ts';
import { startStopwatch } from './stopwatch.ts';

/** How the two servers are asked; each connects while the other does. */
export interface TurnPorts<Answer> {
  readonly readPicture: (select: ReadClusterOptions['select']) => Promise<ClusterPicture>;
  /** The ids come from the registry once it is asked for them, none while ZooKeeper is away. */
  readonly askStore: (ids: () => Promise<readonly TargetId[]>) => Promise<Answer>;
  /**
   * Of which targets the registration says more than the store's answer.
   *
   * @defaultValue all are read, while the store is asked
   */
  readonly doubtfulOf?: ((ids: readonly TargetId[], answer: Answer) => readonly TargetId[]) | undefined;
}

/**
 * Reads names from the registry, asks the store how those targets do, and reads the registrations of only those of which that
 * leaves something open: on a large cluster that does well nearly all of the reading is left out. Where the store is away all are
 * read, for nothing else tells which of them are wrong.
 */
export async function askInTurns<Answer>({
  readPicture,
  askStore,
  doubtfulOf,
}: TurnPorts<Answer>): Promise<BothAnswers<Answer>> {
  const named = deferred<readonly TargetId[]>();
  const asked = deferred<Answer | undefined>();
  const watches = { registry: startStopwatch(), store: startStopwatch() };
  const answerSeconds = { registry: 0, store: 0 };
  const select = async (ids: readonly TargetId[]): Promise<readonly TargetId[]> => {
    named.resolve(ids);
    if (doubtfulOf === undefined) {
      return ids;
    }
    const answer = await watches.registry.pausedFor(asked.promise);
    return answer === undefined ? ids : doubtfulOf(ids, answer);
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
