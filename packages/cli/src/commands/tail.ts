import { setTimeout as delay } from 'node:timers/promises';

import { escapeUnsafe, formatSeriesKey, type Matcher } from '@pulsekeeper/model';
import type { FrameReader } from '@pulsekeeper/store';

import { parseSelectorArgument } from '../arguments/selector.ts';
import { parseDurationOption } from '../arguments/time-range.ts';
import { withStore } from '../cluster/redis.ts';
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
  await withStore(settings, signal, async ({ reader }) => {
    while (!signal.aborted) {
      await follower.poll(reader);
      // Aborted by Ctrl-C, which is how a tail ends.
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  });
  return ExitCode.Good;
}

/** Remembers how far each series was printed. Memory: one number a series. */
class SampleFollower {
  readonly #context: CommandContext;
  readonly #matchers: readonly Matcher[];
  readonly #beginMs: number;
  readonly #printedMs = new Map<string, number>();
  #hasPolled = false;

  constructor(context: CommandContext, matchers: readonly Matcher[], beginMs: number) {
    this.#context = context;
    this.#matchers = matchers;
    this.#beginMs = beginMs;
  }

  async poll(reader: FrameReader): Promise<void> {
    const { now, signal } = this.#context;
    const fromMs = this.#hasPolled ? Math.max(this.#beginMs, now() - LATE_MS) : this.#beginMs;
    const lines: { readonly timeMs: number; readonly series: MatrixSeries; readonly value: string }[] = [];
    try {
      for await (const result of reader.select(this.#matchers, fromMs, now() + LATE_MS, { signal })) {
        for (const series of toMatrix([result]).result) {
          lines.push(...this.#newPoints(series));
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
    this.#hasPolled = true;
    for (const { timeMs, series, value } of lines.sort((a, b) => a.timeMs - b.timeMs)) {
      this.#print(timeMs, series, value);
    }
  }

  #newPoints(series: MatrixSeries): { timeMs: number; series: MatrixSeries; value: string }[] {
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
