import type { TargetId } from '@pulsekeeper/model';
import type { Store } from '@pulsekeeper/store';

import type { CommandContext } from '../command.ts';
import { readPicture, type BothAnswers } from './ask-both.ts';
import { askInTurns, type ReportingAnswer } from './ask-in-turns.ts';

/**
 * Asks both servers in turns, so that of the registrations only those are read that say more than the store does. The
 * question to the store is given the identities of all targets, none while ZooKeeper is away.
 */
export function askDoubtful<Answer extends ReportingAnswer>(
  context: CommandContext,
  ask: (store: Store, ids: readonly TargetId[]) => Promise<Answer>,
): Promise<BothAnswers<Answer>> {
  return askInTurns({
    readPicture: (select) => readPicture(context, select),
    askStore: async (ids) => {
      // Loaded while ZooKeeper is on its way to answer: the library takes a good part of the time of a short command.
      const { withStore } = await import('./redis.ts');
      return withStore(context.settings, context.signal, async (store) => ask(store, await ids()));
    },
    now: context.now,
  });
}
