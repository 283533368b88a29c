import { RespWriter } from '../redis/resp-writer.ts';
import type { SampleImage } from './sample-image.ts';

/** Most samples of one command: it holds Redis up for half a millisecond. */
export const MOST_SAMPLES = 512;
const FIRST_BYTES = 80 * 1024;
const MOST_SPARE = 64;
const MOST_SPARE_BYTES = 512 * 1024;
/** `*1537\r\n$7\r\nTS.MADD\r\n` */
const HEAD_BYTES = 32;
const ARGUMENTS_OF_SAMPLE = 3;

/** One `TS.MADD` as the protocol's bytes. */
export interface MaddCommand<Owner> {
  readonly bytes: Buffer;
  /** What the bytes lie in. */
  readonly memory: Buffer;
  readonly samples: number;
  /** Whose samples begin at which place. */
  readonly owners: readonly { readonly owner: Owner; readonly at: number }[];
}

/** A sample as it stands in a command. */
export interface PackedSample {
  readonly key: string;
  readonly time: string;
  readonly value: string;
}

/** Memory of commands that were answered, to be used again. */
export class CommandMemory {
  readonly #spare: Buffer[] = [];

  take(leastBytes: number): Buffer {
    const spare = this.#spare.pop();
    if (spare !== undefined && spare.length >= leastBytes) return spare;
    return Buffer.allocUnsafeSlow(Math.max(leastBytes, FIRST_BYTES));
  }

  /** Takes back what nobody reads any more. */
  giveBack(memory: Buffer): void {
    if (this.#spare.length < MOST_SPARE && memory.length <= MOST_SPARE_BYTES) this.#spare.push(memory);
  }
}

/** Puts samples together to commands of at most {@link MOST_SAMPLES}. */
export class MaddPacker<Owner> {
  readonly #memory: CommandMemory;
  #bytes: Buffer = Buffer.alloc(0);
  #position = HEAD_BYTES;
  #samples = 0;
  #owners: { owner: Owner; at: number }[] = [];

  constructor(memory = new CommandMemory()) {
    this.#memory = memory;
  }

  /** Adds the samples of an image. Yields the commands that are full. */
  *add(image: SampleImage, owner: Owner): Generator<MaddCommand<Owner>> {
    for (let from = 0; from < image.count;) {
      const to = Math.min(image.count, from + MOST_SAMPLES - this.#samples);
      this.#append(image.slice(from, to), to - from, owner);
      if (this.#samples === MOST_SAMPLES) yield this.#finish();
      from = to;
    }
  }

  /** Yields what is left. */
  *flush(): Generator<MaddCommand<Owner>> {
    if (this.#samples > 0) yield this.#finish();
  }

  #append(part: Buffer, samples: number, owner: Owner): void {
    const needed = this.#position + part.length;
    if (needed > this.#bytes.length) {
      // Room for a full command of samples as long as these.
      const wanted = HEAD_BYTES + Math.ceil((part.length / samples) * MOST_SAMPLES);
      const larger = this.#memory.take(Math.max(needed, Math.min(wanted, MOST_SPARE_BYTES)));
      this.#bytes.copy(larger, 0, 0, this.#position);
      this.#bytes = larger;
    }
    part.copy(this.#bytes, this.#position);
    this.#position += part.length;
    if (this.#owners.at(-1)?.owner !== owner) this.#owners.push({ owner, at: this.#samples });
    this.#samples += samples;
  }

  #finish(): MaddCommand<Owner> {
    const head = maddHead(this.#samples);
    const start = HEAD_BYTES - head.length;
    head.copy(this.#bytes, start);
    const command = {
      bytes: this.#bytes.subarray(start, this.#position),
      samples: this.#samples,
      owners: this.#owners,
      memory: this.#bytes,
    };
    // The socket may hold the bytes until they are sent, so the next command has its own.
    this.#bytes = Buffer.alloc(0);
    this.#position = HEAD_BYTES;
    this.#samples = 0;
    this.#owners = [];
    return command;
  }
}

function maddHead(samples: number): Buffer {
  const writer = new RespWriter(HEAD_BYTES);
  writer.array(1 + samples * ARGUMENTS_OF_SAMPLE);
  writer.ascii('TS.MADD');
  return writer.finish();
}

/** The samples of a command at the given places, ascending. */
export function samplesAt(bytes: Buffer, places: readonly number[]): PackedSample[] {
  const samples: PackedSample[] = [];
  const wanted = new Set(places);
  let position = bytes.indexOf('TS.MADD') + 'TS.MADD\r\n'.length;
  const take = (): string => {
    const end = bytes.indexOf('\r\n', position);
    const start = end + 2;
    const length = Number(bytes.toString('latin1', position + 1, end));
    position = start + length + 2;
    return bytes.toString('utf8', start, start + length);
  };
  for (let place = 0; samples.length < places.length && position < bytes.length; place++) {
    const [key, time, value] = [take(), take(), take()];
    if (wanted.has(place)) samples.push({ key, time, value });
  }
  return samples;
}
