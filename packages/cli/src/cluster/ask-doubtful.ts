import type { TargetId } from '@pulsekeeper/model';
import type { LastReport, Store } from '@pulsekeeper/store';

import type { CommandContext } from '../command.ts';
import { readPicture, type BothAnswers } from './ask-both.ts';
import { askInTurns, type TurnPorts } from './ask-in-turns.ts';
import { doubtfulTargets } from './doubtful-targets.ts';

/** An answer that tells how targets did last. */
export interface ReportingAnswer {
  readonly reports: ReadonlyMap<TargetId, LastReport>;
}

/**
 * Asks both servers in turns, so that of the registrations only those are read that say more than the store does. The
 * question to the store is given the identities of all targets, none while ZooKeeper is away.
 */
export function askDoubtful<Answer extends ReportingAnswer>(
  context: CommandContext,
  ask: (store: Store, ids: readonly TargetId[]) => Promise<Answer>,
): Promise<BothAnswers<Answer>> {
  return askNamed(context, ask, (ids, { reports }) => doubtfulTargets(ids, reports, context.now()));
}

/** As {@link askDoubtful}, with another judgement which registrations are needed; without one all are read. */
export function askNamed<Answer>(
  context: CommandContext,
  ask: (store: Store, ids: readonly TargetId[]) => Promise<Answer>,
  doubtfulOf?: TurnPorts<Answer>['doubtfulOf'],
): Promise<BothAnswers<Answer>> {
  return askInTurns({
    readPicture: (select) => readPicture(context, select),
    askStore: async (ids) => {
      // Loaded while ZooKeeper is on its way to answer: the library takes a good part of the time of a short command.
      const { withStore } = await import('./redis.ts');
      return withStore(context.settings, context.signal, async (store) => ask(store, await ids()));
    },
    doubtfulOf,
  });
}
