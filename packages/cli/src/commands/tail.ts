import { setTimeout as delay } from 'node:timers/promises';

import { escapeUnsafe, formatSeriesKey, type Matcher } from '@pulsekeeper/model';
import { StoreError, type FrameReader } from '@pulsekeeper/store';

import { parseSelectorArgument } from '../arguments/selector.ts';
import { parseDurationOption } from '../arguments/time-range.ts';
import { toStoreCliError, withStore } from '../cluster/redis.ts';
import { textOption, type CommandContext, type CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { cutToWidth } from '../output/display-width.ts';
import { formatClock } from '../output/format-age.ts';
import type { Output } from '../output/output.ts';
import { toMatrix, type MatrixSeries } from '../query/matrix.ts';

const POLL_MS = 1000;
/** Of `14:03:27.250`, so that the series stand below each other. */
const CLOCK_WIDTH = 12;
/** Samples may be written so much after their timestamp: retries and outages of Redis. */
const LATE_MS = 60_000;
const SINCE_BOUNDS = { minMs: 0, maxMs: 86_400_000 };

/** `pulsekeeper tail <selector>`: prints samples as they come in, until it is interrupted. */
export async function runTail(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { settings, signal } = context;
  const matchers = parseSelectorArgument(input.args[0] ?? '');
  const sinceMs = parseDurationOption('--since', textOption(input, 'since') ?? '0s', SINCE_BOUNDS);
  const follower = new SampleFollower(context, matchers, context.now() - sinceMs);
  await withStore(settings, signal, async (store) => {
    const outage = new OutageNotes(context);
    while (!signal.aborted) {
      try {
        await follower.poll(store.reader);
        outage.over();
      } catch (error) {
        if (!(error instanceof StoreError && error.retryable)) {
          throw error;
        }
        outage.note(toStoreCliError(error, settings, store.health().lastError?.message).message);
      }
      // Aborted by Ctrl-C, which is how a tail ends.
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  });
  return ExitCode.Good;
}

/** A point that was not printed yet. */
interface NewPoint {
  readonly timeMs: number;
  readonly series: MatrixSeries;
  readonly value: string;
}

/** Says once that Redis is away, and once that it is back. */
class OutageNotes {
  readonly #context: CommandContext;
  #isAway = false;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  note(message: string): void {
    if (!this.#isAway) {
      this.#isAway = true;
      this.#context.output.note(`pulsekeeper: ${message}; trying again`);
    }
  }

  over(): void {
    if (this.#isAway) {
      this.#isAway = false;
      this.#context.output.note('pulsekeeper: Redis answers again');
    }
  }
}

/** Remembers how far each series was printed. Memory: one number a series. */
class SampleFollower {
  readonly #context: CommandContext;
  readonly #matchers: readonly Matcher[];
  readonly #beginMs: number;
  readonly #printedMs = new Map<string, number>();
  /** When the last poll began that came to its end: an outage since then is made good. */
  #polledAtMs: number | undefined;

  constructor(context: CommandContext, matchers: readonly Matcher[], beginMs: number) {
    this.#context = context;
    this.#matchers = matchers;
    this.#beginMs = beginMs;
  }

  async poll(reader: FrameReader): Promise<void> {
    const { now, signal } = this.#context;
    const startedMs = now();
    const fromMs = this.#polledAtMs === undefined ? this.#beginMs : Math.max(this.#beginMs, this.#polledAtMs - LATE_MS);
    const lines: NewPoint[] = [];
    try {
      for await (const result of reader.select(this.#matchers, fromMs, now() + LATE_MS, { signal })) {
        for (const series of toMatrix([result]).result) {
          lines.push(...this.#newPoints(series));
        }
      }
      this.#polledAtMs = startedMs;
    } catch (error) {
      if (!signal.aborted) {
        // What came before it broke is printed; it counts as printed already.
        this.#printAll(lines);
        throw error;
      }
    }
    this.#printAll(lines);
  }

  #printAll(lines: readonly NewPoint[]): void {
    for (const { timeMs, series, value } of lines.toSorted((a, b) => a.timeMs - b.timeMs)) {
      this.#print(timeMs, series, value);
    }
  }

  #newPoints(series: MatrixSeries): NewPoint[] {
    const key = formatSeriesKey(series.metric);
    const printedMs = this.#printedMs.get(key) ?? this.#beginMs;
    const points = series.values
      .map(([seconds, value]) => ({ timeMs: Math.round(seconds * 1000), series, value }))
      .filter(({ timeMs }) => timeMs > printedMs);
    this.#printedMs.set(key, points.at(-1)?.timeMs ?? printedMs);
    return points;
  }

  #print(timeMs: number, { metric }: MatrixSeries, value: string): void {
    const { output } = this.#context;
    if (output.isJson) {
      output.printLine(JSON.stringify({ metric, value: [timeMs / 1000, value] }));
    } else {
      output.printLine(sampleLine(output, timeMs, formatSeriesKey(metric), value));
    }
  }
}

/** One sample on one line: on a terminal the series gives way, its value never does. */
export function sampleLine({ width, palette }: Output, timeMs: number, series: string, value: string): string {
  const clock = formatClock(timeMs).padEnd(CLOCK_WIDTH);
  const room = (width ?? Number.POSITIVE_INFINITY) - CLOCK_WIDTH - value.length - 4;
  return `${palette.dim(clock)}  ${cutToWidth(escapeUnsafe(series), Math.max(1, room), 'middle')}  ${value}`;
}
