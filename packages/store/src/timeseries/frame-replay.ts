import type { SeriesSchema } from '@pulsekeeper/model';
import { ChainDecoder } from '../codec/chain-decoder.ts';
import type { EncodedColumns } from '../codec/chain-encoder.ts';
import type { FrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import type { TargetStream } from '../writer/target-stream.ts';

/** The samples of a frame: columns as a chain has them after it, and the lists of series that name them. */
export interface ReplayedFrame extends EncodedColumns {
  readonly header: FrameHeader;
}

/**
 * Tells what is in the frames of a writer's log when they are sent: what waits in the log takes a byte a sample, and only
 * what goes out now is spelt out. The newest frame, the only one while Redis keeps up, is still at hand in its encoder.
 * Others are decoded: going on to the next frame costs that frame; going back costs its whole chain.
 */
export class FrameReplay {
  readonly #decoder = new ChainDecoder();
  readonly #stream: TargetStream;
  /** Number of the frame decoded last; see `TargetLog.numberAt`. */
  #last = -1;

  constructor(stream: TargetStream) {
    this.#stream = stream;
  }

  /**
   * The frame at an index of the log; its columns are a view that holds until a frame is appended, or the next call.
   *
   * @throws CorruptFrame when the log cannot be followed, which is a mistake of its writer
   */
  frameAt(index: number): ReplayedFrame {
    const { log } = this.#stream;
    const encoded = this.#stream.columnsAt(index);
    if (encoded !== undefined)
      return { header: readFrameHeader(log.bytesAt(index), log.slotAt(index) ?? 0), ...encoded };
    const last = log.indexOfNumber(this.#last);
    const start = this.#chainStart(index);
    let at = last >= start && last < index ? last + 1 : start;
    let header = this.#decode(at);
    while (at < index) header = this.#decode(++at);
    this.#last = log.numberAt(index);
    return { header, state: this.#decoder.state, schemas: this.#decoder.schemas };
  }

  /** The key frame that the frame at an index depends on, or the frame itself where it depends on none. */
  #chainStart(index: number): number {
    const { log } = this.#stream;
    for (let at = index; at >= 0; at--) if (log.isKeyAt(at)) return at;
    return index;
  }

  #decode(index: number): FrameHeader {
    const { log, schemas } = this.#stream;
    const { slotMs, bytes } = log.at(index);
    const { schemaIds } = readFrameHeader(bytes, slotMs);
    const named = schemaIds.length === 0 ? NO_SCHEMAS : schemaIds.map((id) => this.#schema(schemas, id));
    this.#last = -1;
    return this.#decoder.decode(bytes, slotMs, named);
  }

  #schema(schemas: ReadonlyMap<string, SeriesSchema>, id: string): SeriesSchema {
    const schema = schemas.get(id);
    if (schema === undefined) throw new CorruptFrame(`schema ${id} of ${this.#stream.id} is not at hand`);
    return schema;
  }
}

const NO_SCHEMAS: readonly SeriesSchema[] = [];
