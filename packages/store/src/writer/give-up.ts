import type { Logger } from '@pulsekeeper/model';
import type { FrameBacklog } from './frame-backlog.ts';
import type { TargetStream } from './target-stream.ts';
import type { WriterCounters } from './writer-counters.ts';

/** What giving up a stream's frames touches. */
export interface GivingUp {
  readonly backlog: FrameBacklog;
  readonly counters: WriterCounters;
  readonly logger: Logger;
}

/**
 * Drops and counts whatever waits of a target whose log cannot be encoded again. It must not come to that; if it does, the
 * target loses its backlog, and no other target anything.
 */
export function giveUp({ backlog, counters, logger }: GivingUp, stream: TargetStream, error: unknown): void {
  const frames = stream.log.waiting;
  logger.error({ err: error, target: stream.id, frames }, 'frames of a target cannot be encoded again: dropped');
  counters.drop(stream.id, frames);
  backlog.recount(stream, () => stream.forgetAll());
}
