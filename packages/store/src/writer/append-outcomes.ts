import type { Clock, Logger } from '@pulsekeeper/model';
import type { AppendOutcome } from '../frame-writer.ts';
import { APPEND_REPLY } from '../redis/append-script.ts';
import type { AppendBatch, AppendReply } from './append-batch.ts';
import type { FrameBacklog } from './frame-backlog.ts';
import { giveUp } from './give-up.ts';
import type { Registrar } from './registrar.ts';
import { isSameScrape } from './same-scrape.ts';
import type { TargetStream } from './target-stream.ts';
import type { WriterCounters } from './writer-counters.ts';

/** A target that others keep writing to, or whose key is of a wrong type, is tried again after this. */
export const TARGET_RETRY_MS = 1_000;
const MOST_MISMATCHES = 5;

export interface AppendOutcomesOptions {
  readonly backlog: FrameBacklog;
  readonly counters: WriterCounters;
  readonly registrar: Registrar;
  /** How far back acknowledged frames are sent again after a reconnection when another writer has gone on. */
  readonly rewriteWindowMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Redis refused in a way that concerns all targets of a server. */
  readonly onRefused: (stream: TargetStream, error: Error, code: string) => void;
  /** A frame was written: memory may be given up. */
  readonly onWritten: (stream: TargetStream) => void;
}

/** Acts on what Redis said of each frame of a call: settles it, counts it, or arranges for the stream to go on otherwise. */
export class AppendOutcomes {
  readonly #options: AppendOutcomesOptions;

  constructor(options: AppendOutcomesOptions) {
    this.#options = options;
  }

  take(batch: AppendBatch, replies: readonly AppendReply[]): void {
    let at = 0;
    for (const { stream, count } of batch.parts) {
      const own = replies.slice(at, at + Math.max(1, count));
      at += own.length;
      try {
        if (count === 0) this.#takeCheck(stream, own[0]);
        else this.#takeOutcomes(stream, own);
      } catch (error) {
        giveUp(this.#options, stream, error);
      }
    }
  }

  #takeCheck(stream: TargetStream, reply: AppendReply | undefined): void {
    stream.mustCheck = false;
    if (reply?.code === APPEND_REPLY.mismatch) this.#meetEnd(stream, reply.text, true);
  }

  #takeOutcomes(stream: TargetStream, replies: readonly AppendReply[]): void {
    const { backlog, counters, clock, onWritten } = this.#options;
    const { log } = stream;
    const isAfterReconnection = stream.mustCheck;
    stream.mustCheck = false;
    for (const { code, text, head } of replies) {
      const size = log.sizeAt(log.acknowledged);
      const isOfferedAgain = stream.isOfferedAgain;
      switch (code) {
        case APPEND_REPLY.written:
        case APPEND_REPLY.repeated:
          if (!isOfferedAgain || code === APPEND_REPLY.written) counters.written++;
          if (isOfferedAgain && code === APPEND_REPLY.written) counters.rewritten++;
          counters.writtenBytes += size;
          stream.lastAckAtMs = clock.monotonic();
          stream.settleWritten();
          backlog.leave(1, size);
          onWritten(stream);
          continue;
        case APPEND_REPLY.late:
          counters.late++;
          if (isOfferedAgain) counters.rewritten++;
          counters.writtenBytes += size;
          if (this.#settleBeside(stream, 'late', size, text)) continue;
          return;
        case APPEND_REPLY.doubled:
          if (this.#takeDoubled(stream, size, text, head)) continue;
          return;
        case APPEND_REPLY.expired:
          if (!isOfferedAgain) counters.drop(stream.id, 1);
          if (this.#settleBeside(stream, 'dropped', size, text)) continue;
          return;
        case APPEND_REPLY.mismatch:
          this.#meetEnd(stream, text, isAfterReconnection);
          return;
        default:
          this.#failStream(stream, text);
          return;
      }
    }
  }

  /** The slot is taken: by somebody else, or by an earlier call of ours whose reply was lost. */
  #takeDoubled(stream: TargetStream, size: number, lastId: string, head: Buffer | undefined): boolean {
    const { counters } = this.#options;
    const { slotMs, bytes } = stream.log.at(stream.log.acknowledged);
    const isOwn = head !== undefined && isSameScrape(slotMs, bytes, head);
    if (!stream.isOfferedAgain) {
      if (isOwn) counters.written++;
      else counters.doubled++;
    }
    return this.#settleBeside(stream, isOwn ? 'written' : 'doubled', size, lastId);
  }

  /**
   * The first waiting frame has its outcome, but is not what the stream ends with: what depends on it starts over.
   *
   * @returns whether nothing does, so that the reply to the next frame holds
   */
  #settleBeside(stream: TargetStream, outcome: AppendOutcome, size: number, lastId: string): boolean {
    const { backlog } = this.#options;
    stream.settleBeside(outcome, lastId);
    backlog.leave(1, size);
    if (stream.needsNoBase) return true;
    backlog.recount(stream, () => stream.startOver(lastId));
    return false;
  }

  #meetEnd(stream: TargetStream, lastId: string, isAfterReconnection: boolean): void {
    const { backlog, counters, registrar, clock, random, logger, rewriteWindowMs } = this.#options;
    backlog.recount(stream, () => {
      const end = stream.meetEnd(lastId, isAfterReconnection ? rewriteWindowMs : 0);
      if (end.kind === 'lost') {
        counters.rewritten += end.count;
        registrar.forget();
        logger.warn(
          { target: stream.id, frames: end.count, lastId },
          'redis has lost frames that it acknowledged: writing them again',
        );
      } else if (end.offered > 0) {
        logger.debug(
          { target: stream.id, frames: end.offered, lastId },
          'another writer has gone on: frames are sent again in case redis lost them',
        );
      }
    });
    if (stream.mismatches > MOST_MISMATCHES) {
      stream.notBeforeMs = clock.monotonic() + TARGET_RETRY_MS * (0.5 + random());
    }
  }

  #failStream(stream: TargetStream, message: string): void {
    const { counters, clock, logger, onRefused } = this.#options;
    const error = new Error(message);
    const { code } = counters.error(error, clock.now());
    stream.renewAtMs = 0;
    if (code === 'WRONGTYPE' || code === 'other') {
      stream.notBeforeMs = clock.monotonic() + TARGET_RETRY_MS;
      logger.error({ err: error, target: stream.id }, 'redis refuses the frames of a target');
      return;
    }
    onRefused(stream, error, code);
  }
}
