import type { SeriesSchema } from '@pulsekeeper/model';
import { ChainDecoder } from '../codec/chain-decoder.ts';
import type { FrameHeader } from '../codec/frame-header.ts';
import { CorruptFrame } from '../errors.ts';
import { readFrameHeader } from '../codec/frame-header.ts';
import type { TargetStream } from '../writer/target-stream.ts';

/**
 * Decodes the frames of a writer's log once more, each when it is sent: what waits in the log takes a byte a sample, and
 * only what goes out now is spelt out. Going on to the next frame costs that frame; going back costs its whole chain.
 */
export class FrameReplay {
  readonly decoder = new ChainDecoder();
  readonly #stream: TargetStream;
  /** Number of the frame decoded last; see `TargetLog.numberAt`. */
  #last = -1;

  constructor(stream: TargetStream) {
    this.#stream = stream;
  }

  /**
   * Makes the decoder stand behind the frame at an index of the log.
   *
   * @throws CorruptFrame when the log cannot be followed, which is a mistake of its writer
   */
  goTo(index: number): FrameHeader {
    const { log } = this.#stream;
    const last = log.indexOfNumber(this.#last);
    let at = last >= 0 && last < index ? last + 1 : this.#chainStart(index);
    let header = this.#decode(at);
    while (at < index) header = this.#decode(++at);
    this.#last = log.numberAt(index);
    return header;
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
    return this.decoder.decode(bytes, slotMs, named);
  }

  #schema(schemas: ReadonlyMap<string, SeriesSchema>, id: string): SeriesSchema {
    const schema = schemas.get(id);
    if (schema === undefined) throw new CorruptFrame(`schema ${id} of ${this.#stream.id} is not at hand`);
    return schema;
  }
}

const NO_SCHEMAS: readonly SeriesSchema[] = [];
