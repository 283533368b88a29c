import { RespWriter } from '../redis/resp-writer.ts';
import type { SampleImage } from './sample-image.ts';

/** Most samples of one command: it holds Redis up for half a millisecond. */
export const MOST_SAMPLES = 512;
/** Most commands that go together: some milliseconds of Redis' time. It serves others between them. */
export const MOST_COMMANDS = 8;
/** A train with so many bytes goes, however few commands it has. */
const MANY_BYTES = 512 * 1024;
const FIRST_BYTES = 80 * 1024;
const MOST_SPARE = 8;
const MOST_SPARE_BYTES = 2 * MANY_BYTES;
/** `*1537\r\n$7\r\nTS.MADD\r\n`, and some to spare. */
const MOST_HEAD_BYTES = 32;
const ARGUMENTS_OF_SAMPLE = 3;
const FULL_HEAD = maddHead(MOST_SAMPLES);

/** One `TS.MADD` as the protocol's bytes. */
export interface MaddCommand<Owner> {
  readonly bytes: Buffer;
  readonly samples: number;
  /** Whose samples begin at which place. */
  readonly owners: readonly { readonly owner: Owner; readonly at: number }[];
}

/** Commands that are sent together, one behind the other. */
export interface MaddTrain<Owner> {
  readonly bytes: Buffer;
  /** What the bytes lie in. */
  readonly memory: Buffer;
  readonly commands: readonly MaddCommand<Owner>[];
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

/** Puts samples together to commands of at most {@link MOST_SAMPLES}, and those to trains. */
export class MaddPacker<Owner> {
  readonly #memory: CommandMemory;
  readonly #mostCommands: number;
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;
  #commands: MaddCommand<Owner>[] = [];
  /** The command that has been begun: where, and what is in it. */
  #start = 0;
  #samples = 0;
  #owners: { owner: Owner; at: number }[] = [];

  /** @param mostCommands - of a train, at most {@link MOST_COMMANDS} */
  constructor(memory = new CommandMemory(), mostCommands = MOST_COMMANDS) {
    this.#memory = memory;
    this.#mostCommands = mostCommands;
  }

  /** Adds the samples of an image. Yields the trains that are full. */
  *add(image: SampleImage, owner: Owner): Generator<MaddTrain<Owner>> {
    for (let from = 0; from < image.count;) {
      const to = Math.min(image.count, from + MOST_SAMPLES - this.#samples);
      this.#append(image.slice(from, to), to - from, owner);
      from = to;
      if (this.#samples < MOST_SAMPLES) continue;
      this.#endCommand();
      if (this.#commands.length >= this.#mostCommands || this.#position >= MANY_BYTES) yield this.#finish();
    }
  }

  /** Yields what is left. */
  *flush(): Generator<MaddTrain<Owner>> {
    if (this.#samples > 0) this.#endCommand();
    if (this.#commands.length > 0) yield this.#finish();
  }

  #append(part: Buffer, samples: number, owner: Owner): void {
    this.#reserve(FULL_HEAD.length + part.length);
    // Most commands are full; the head of one that is not is another.
    if (this.#samples === 0) this.#position = this.#start + FULL_HEAD.copy(this.#bytes, this.#start);
    part.copy(this.#bytes, this.#position);
    this.#position += part.length;
    if (this.#owners.at(-1)?.owner !== owner) this.#owners.push({ owner, at: this.#samples });
    this.#samples += samples;
  }

  #reserve(more: number): void {
    const needed = this.#position + more;
    if (needed <= this.#bytes.length) return;
    const larger = this.#memory.take(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#position);
    this.#bytes = larger;
  }

  #endCommand(): void {
    if (this.#samples < MOST_SAMPLES) {
      const head = maddHead(this.#samples);
      this.#bytes.copyWithin(this.#start + head.length, this.#start + FULL_HEAD.length, this.#position);
      head.copy(this.#bytes, this.#start);
      this.#position += head.length - FULL_HEAD.length;
    }
    const bytes = this.#bytes.subarray(this.#start, this.#position);
    this.#commands.push({ bytes, samples: this.#samples, owners: this.#owners });
    this.#start = this.#position;
    this.#samples = 0;
    this.#owners = [];
  }

  #finish(): MaddTrain<Owner> {
    const memory = this.#bytes;
    const train = { bytes: memory.subarray(0, this.#position), memory, commands: this.#commands };
    // The socket may hold the bytes until they are sent, so the next train has its own.
    this.#bytes = Buffer.alloc(0);
    this.#position = 0;
    this.#start = 0;
    this.#commands = [];
    return train;
  }
}

function maddHead(samples: number): Buffer {
  const writer = new RespWriter(Buffer.allocUnsafeSlow(MOST_HEAD_BYTES));
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
