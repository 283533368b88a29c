import type { AppendBatch, FrameForm } from './append-batch.ts';

/** What a writer keeps in Redis beside the streams of frames. */
export interface FrameCompanion {
  /**
   * Writes what belongs to the frames of a call, before the call is made. When it rejects, the frames wait and it is asked
   * for them again; so it may be asked more than once for a frame, and never for two calls with the same stream at a time.
   */
  write(parts: AppendBatch['parts']): Promise<void>;
  /** How frames are stored in the streams, where that is not as they are in the writer's log. */
  readonly formOf?: FrameForm | undefined;
}
