import type { Clock, Logger } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { lifetimes, type AppendBatch, type FrameForm } from '../writer/append-batch.ts';
import type { FrameCompanion } from '../writer/frame-companion.ts';
import type { TargetStream } from '../writer/target-stream.ts';
import { bareFrame } from './bare-frame.ts';
import { CallWindow } from './call-window.ts';
import {
  CommandMemory,
  type MaddCommand,
  MaddPacker,
  type MaddTrain,
  MOST_COMMANDS,
  samplesAt,
} from './madd-packer.ts';
import { SampleFailures } from './sample-failures.ts';
import { SeriesCounters } from './series-counters.ts';
import { SeriesKeeper } from './series-keeper.ts';
import type { SeriesSelection } from './series-selection.ts';
import { StreamSeries } from './stream-series.ts';

/** Commands under way at once: some milliseconds of Redis' time, so that it never waits for more. */
const MOST_UNDER_WAY = 16;

export interface SeriesWriterOptions {
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly collector: string;
  readonly retentionMs: number;
  readonly chunkBytes: number;
  /** Which series are written. */
  readonly selection: SeriesSelection;
  /** Whether the samples are in the streams of frames, too, and readers find them there. */
  readonly isMirror: boolean;
}

/**
 * Writes the samples of frames as time series, before the frames themselves: whoever finds the record of a slot in a
 * target's stream finds its samples. A sample that is there already stays as it is, so frames may be written again.
 */
export class SeriesWriter implements FrameCompanion {
  readonly counters = new SeriesCounters();
  readonly formOf: FrameForm | undefined;
  readonly #options: SeriesWriterOptions;
  readonly #keeper: SeriesKeeper;
  readonly #memory = new CommandMemory();
  readonly #series = new WeakMap<TargetStream, StreamSeries>();
  #noted: { generation: number; untilMs: number } | undefined;

  constructor(options: SeriesWriterOptions) {
    this.#options = options;
    this.#keeper = new SeriesKeeper(options.connection, options.chunkBytes);
    const { collector } = options;
    this.formOf = options.isMirror
      ? undefined
      : (stream, index) => {
          const { slotMs, bytes } = stream.log.at(index);
          return bareFrame(bytes, slotMs, collector);
        };
  }

  async write(parts: AppendBatch['parts']): Promise<void> {
    const { connection } = this.#options;
    const { generation } = connection;
    await this.#noteDriver();
    const written = parts
      .filter(({ count }) => count > 0)
      .map(({ stream, count }) => ({ series: this.#seriesOf(stream), count }));
    await Promise.all(written.map(({ series }) => series.prepare()));
    const ofTrain = connection.canGather ? MOST_COMMANDS : 1;
    const window = new CallWindow(MOST_UNDER_WAY / ofTrain);
    const counts = { nonFinite: 0 };
    const packer = new MaddPacker<StreamSeries>(this.#memory, ofTrain);
    for (const train of this.#trains(packer, written, generation, counts)) {
      await window.begin(() => this.#send(train));
    }
    await window.end();
    this.counters.nonFiniteSamples += counts.nonFinite;
    for (const { series, count } of written) series.settle(count, generation);
    await Promise.all(written.map(({ series }) => series.renew()));
  }

  #seriesOf(stream: TargetStream): StreamSeries {
    let series = this.#series.get(stream);
    if (series === undefined) {
      const { connection, keys, clock, logger, selection } = this.#options;
      series = new StreamSeries({ stream, connection, keys, clock, logger, selection, keeper: this.#keeper });
      this.#series.set(stream, series);
    }
    return series;
  }

  *#trains(
    packer: MaddPacker<StreamSeries>,
    written: readonly { readonly series: StreamSeries; readonly count: number }[],
    generation: number,
    counts: { nonFinite: number },
  ): Generator<MaddTrain<StreamSeries>> {
    for (const { series, count } of written) {
      for (const table of series.replay(count, generation)) {
        counts.nonFinite += table.nonFinite;
        yield* packer.add(table.image, series);
      }
      // In a cluster the keys of a command must lie in one slot.
      if (this.#options.connection.isCluster) yield* packer.flush();
    }
    yield* packer.flush();
  }

  async #send({ bytes, memory, commands }: MaddTrain<StreamSeries>): Promise<void> {
    const firstKey = commands[0]?.owners[0]?.owner.keyStart ?? '';
    const reply = await this.#options.connection.callCounted('TS.MADD', firstKey, bytes, commands.length);
    const samples = commands.reduce((sum, command) => sum + command.samples, 0);
    // As many integers as samples: each was taken.
    if (reply === samples) this.counters.samples += samples;
    else {
      const replies = commands.length === 1 ? [reply] : repliesOf(reply, commands.length);
      for (const [index, command] of commands.entries()) await this.#takeReply(replies[index], command);
    }
    // Answered, so nobody reads it any more; one that was not may still be on its way.
    this.#memory.giveBack(memory);
  }

  async #takeReply(reply: unknown, { bytes, samples, owners }: MaddCommand<StreamSeries>): Promise<void> {
    if (reply === samples) this.counters.samples += samples;
    else await this.#takeReplies(repliesOf(reply, samples), bytes, owners);
  }

  /** Acts on what Redis said of each sample of a command. */
  async #takeReplies(
    replies: readonly unknown[],
    bytes: Buffer,
    owners: MaddCommand<StreamSeries>['owners'],
  ): Promise<void> {
    const failures = new SampleFailures<StreamSeries>(replies, owners);
    this.counters.samples += replies.length - failures.count;
    this.counters.expiredSamples += failures.expired;
    this.#refuseAll(bytes, failures);
    for (const { owner, places } of failures.missing) await this.#writeMissing(owner, bytes, places);
  }

  /** Creates the series of samples whose keys are not there, and writes those samples once more. */
  async #writeMissing(owner: StreamSeries, bytes: Buffer, places: readonly number[]): Promise<void> {
    const missing = samplesAt(bytes, places);
    const created = await owner.create(missing.map(({ key }) => key));
    this.counters.createdSeries += created;
    const args = missing.flatMap(({ key, time, value }) => [key, time, value]);
    const again = await this.#options.connection.callAt(owner.keyStart, 'TS.MADD', ...args);
    const failures = new SampleFailures<StreamSeries>(repliesOf(again, missing.length), [{ owner, at: 0 }]);
    this.counters.samples += missing.length - failures.count;
    this.counters.expiredSamples += failures.expired;
    // A key that is still missing is one of another type.
    this.counters.refusedSamples += failures.count - failures.expired;
  }

  #refuseAll(bytes: Buffer, { refused }: SampleFailures<StreamSeries>): void {
    for (const { owner, places, message } of refused) {
      this.counters.refusedSamples += places.length;
      const [first] = samplesAt(bytes, places.slice(0, 1));
      owner.refusals.note(first?.key ?? owner.keyStart, message, places.length);
    }
  }

  /** Tells readers where the samples of this cluster are. */
  async #noteDriver(): Promise<void> {
    const { connection, keys, clock, retentionMs, isMirror } = this.#options;
    const nowMs = clock.monotonic();
    if (isMirror || (this.#noted?.generation === connection.generation && nowMs < this.#noted.untilMs)) return;
    const { generation } = connection;
    const { refreshMs, timeToLiveMs } = lifetimes(retentionMs);
    await connection.call('SET', keys.driver, 'timeseries', 'PX', timeToLiveMs);
    this.#noted = { generation, untilMs: nowMs + refreshMs };
  }
}

function repliesOf(reply: unknown, count: number): readonly unknown[] {
  if (!Array.isArray(reply) || reply.length !== count) {
    throw new StoreError('Unknown', 'TS.MADD answered in an unknown form');
  }
  return reply as unknown[];
}
