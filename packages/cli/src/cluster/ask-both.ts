import { readCluster, type ReadClusterOptions } from '@pulsekeeper/registry';
import type { Store } from '@pulsekeeper/store';

import type { CommandContext } from '../command.ts';
import { attempt, type Attempt } from './attempt.ts';
import { pictureOf, type ClusterPicture } from './cluster-picture.ts';
import { startStopwatch } from './stopwatch.ts';
import { withZooKeeper } from './zookeeper.ts';

/** What the two servers said; either may be away. */
export interface BothAnswers<T> {
  readonly registry: Attempt<ClusterPicture>;
  readonly store: Attempt<T>;
  /** How long each took to connect and to answer, without waiting for the other. */
  readonly answerSeconds: { readonly registry: number; readonly store: number };
}

/**
 * Reads the registry and asks the store at the same time, so that the slower of the two sets the time. The question to
 * the store is given the picture of the registry; while ZooKeeper is away it gets `undefined`.
 */
export async function askBoth<T>(
  context: CommandContext,
  ask: (store: Store, picture: ClusterPicture | undefined) => Promise<T>,
): Promise<BothAnswers<T>> {
  const watches = { registry: startStopwatch(), store: startStopwatch() };
  const answerSeconds = { registry: 0, store: 0 };
  const registry = attempt(() => readPicture(context)).finally(() => {
    answerSeconds.registry = watches.registry.seconds();
  });
  const store = attempt(async () => {
    // Loaded while ZooKeeper is on its way to answer: the library takes a good part of the time of a short command.
    const { withStore } = await import('./redis.ts');
    return withStore(context.settings, context.signal, async (opened) => {
      const answer = await watches.store.pausedFor(registry);
      return ask(opened, answer.ok ? answer.value : undefined);
    });
  }).finally(() => {
    answerSeconds.store = watches.store.seconds();
  });
  const [first, second] = await bothSettled(registry, store);
  return { registry: first, store: second, answerSeconds };
}

/** Settled together, so that a failure of one that is not an outage does not leave the other's connection open. */
export async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') {
    throw one.reason;
  }
  if (other.status === 'rejected') {
    throw other.reason;
  }
  return [one.value, other.value];
}

/** Reads the registry once; of the instances those that are selected, all by default. */
export async function readPicture(
  { settings, signal }: CommandContext,
  select?: ReadClusterOptions['select'],
): Promise<ClusterPicture> {
  return withZooKeeper(settings, signal, async (session) => pictureOf(await readCluster(session, { signal, select })));
}

/** Writes a remark for each server that could not be asked, for commands that answer with what is left. */
export function noteOutages({ output }: CommandContext, answers: BothAnswers<unknown>): void {
  for (const answer of [answers.registry, answers.store]) {
    if (!answer.ok) {
      output.note(`pulsekeeper: ${answer.error.message}`);
    }
  }
}
