import type { DownsampleRule, LabelSet, TargetId } from '@pulsekeeper/model';
import type { Frame } from './frame.ts';

/**
 * How an append ended.
 *
 * - `written`: the frame is in the stream, at its place.
 * - `late`: it is in the store, beside the stream, because newer frames were there already.
 * - `doubled`: the slot already held a frame of another writer (or of this one, appended twice); that one stands.
 * - `dropped`: not in the store: the buffer overflowed, the slot is older than the retention, or the store was stopped.
 */
export type AppendOutcome = 'written' | 'doubled' | 'late' | 'dropped';

/** A target as its writer introduces it. */
export interface WrittenTarget {
  readonly id: TargetId;
  /** The target's labels (service, instance, those of the rule): kept once a target, not in the schema. */
  readonly labels: LabelSet;
  /** Age after which its frames go. @defaultValue the store's `retentionMs` */
  readonly retentionMs?: number | undefined;
  /**
   * Compactions of every time series of the target; for the driver `timeseries` alone. @defaultValue those that series in
   * Redis have stay, and new series have none
   */
  readonly downsample?: readonly DownsampleRule[] | undefined;
}

/**
 * Appends frames of one target. One writer a target and process; two processes may both have one, the store takes one
 * frame a slot whoever sends it.
 */
export interface TargetWriter {
  /**
   * Encodes the frame at once (synchronously; `frame.samples.values` may be reused after the call) and settles when it
   * is in Redis. Frames must come in the order of their slots; one that does not is written beside the stream. While
   * Redis is away it waits in the store's bounded buffer. Never rejects for reasons of Redis.
   *
   * @throws RangeError for a slot or interval that is none, and for a list of series beyond {@link explainExcess}
   */
  append(frame: Frame): Promise<AppendOutcome>;
  /** Marks that no slot is expected from `slotMs` on (the target left), so that counting stops there. */
  end(slotMs: number): Promise<void>;
  /** Gives up the memory of the target once everything appended is settled. Nothing is discarded. */
  close(): void;
}

export interface FrameWriter {
  /** Cheap and without I/O. Opening a target that is open returns the same writer with the new labels and retention. */
  open(target: WrittenTarget): TargetWriter;
  /**
   * The newest slot that the store holds of each target, `undefined` for none. Rejects with a {@link StoreError} when
   * Redis cannot be asked.
   */
  lastSlots(
    ids: readonly TargetId[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Map<TargetId, number | undefined>>;
}
