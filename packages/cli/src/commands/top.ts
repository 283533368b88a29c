import { setTimeout as delay } from 'node:timers/promises';

import { readCluster } from '@pulsekeeper/registry';
import { StoreError, type Store } from '@pulsekeeper/store';
import { isZkError, type ZkSession } from '@pulsekeeper/zk-session';

import { parseDurationOption } from '../arguments/time-range.ts';
import { parseWholeNumber } from '../arguments/whole-number.ts';
import { bothSettled } from '../cluster/ask-both.ts';
import { askInTurns } from '../cluster/ask-in-turns.ts';
import { doubtfulTargets } from '../cluster/doubtful-targets.ts';
import { pictureOf } from '../cluster/cluster-picture.ts';
import { askStore, putTogether } from '../cluster/look-at-cluster.ts';
import { probeEnsemble } from '../cluster/probe-ensemble.ts';
import { toStoreCliError, withStore } from '../cluster/redis.ts';
import { toCliError, withZooKeeper } from '../cluster/zookeeper.ts';
import { textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatClock } from '../output/format-age.ts';
import { LiveScreen } from '../output/live-screen.ts';
import type { StatusReport } from '../views/status-report.ts';
import { printStatus } from './status-screen.ts';
import { readStatus, toStatusReport } from './status.ts';

const EVERY_BOUNDS = { minMs: 200, maxMs: 3_600_000 };
const MAX_COUNT = 1_000_000;

/** `pulsekeeper top`: the status, again and again, over connections that stay open. */
export async function runTop(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { signal, output } = context;
  const everyMs = parseDurationOption('--every', textOption(input, 'every') ?? '2s', EVERY_BOUNDS);
  const countText = textOption(input, 'count');
  const count =
    countText === undefined
      ? Number.POSITIVE_INFINITY
      : parseWholeNumber('--count', countText, { min: 1, max: MAX_COUNT });
  const screen = new LiveScreen(output);
  const looks = { left: count };
  try {
    while (looks.left > 0 && !signal.aborted) {
      await watch(context, screen, looks, everyMs);
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    screen.close();
  }
  return ExitCode.Good;
}

/** Looks over open connections; while one cannot be opened, once over connections that are tried anew. */
async function watch(
  context: CommandContext,
  screen: LiveScreen,
  looks: { left: number },
  everyMs: number,
): Promise<void> {
  const { settings, signal } = context;
  const shown = async (report: StatusReport): Promise<void> => {
    show(context, screen, report);
    looks.left -= 1;
    if (looks.left > 0) {
      // Aborted by Ctrl-C, which is how top ends.
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  try {
    await withZooKeeper(settings, signal, (session) =>
      withStore(settings, signal, async (store) => {
        while (looks.left > 0 && !signal.aborted) {
          await shown(await look(context, session, store));
        }
      }),
    );
  } catch (error) {
    if (!(error instanceof CliError && error.code === 'Unreachable') || signal.aborted) {
      throw error;
    }
    await shown(await readStatus(context));
  }
}

function show(context: CommandContext, screen: LiveScreen, report: StatusReport): void {
  const { output } = context;
  if (output.isJson) {
    output.printLine(JSON.stringify(report));
    return;
  }
  const { output: page, text } = output.buffered();
  page.printLine(
    output.palette.dim(`pulsekeeper top  ${formatClock(Math.floor(context.now() / 1000) * 1000)}  Ctrl-C ends`),
  );
  printStatus(page, report, context.now());
  screen.draw(text());
}

async function look(context: CommandContext, session: ZkSession, store: Store): Promise<StatusReport> {
  const { settings, signal } = context;
  const answers = askInTurns({
    readPicture: async (select) => {
      try {
        return pictureOf(await readCluster(session, { signal, select }));
      } catch (error) {
        throw isZkError(error) ? toCliError(error, settings) : error;
      }
    },
    askStore: async (ids) => {
      try {
        return await askStore(store, await ids(), signal);
      } catch (error) {
        throw error instanceof StoreError ? toStoreCliError(error, settings, store.health().lastError?.message) : error;
      }
    },
    doubtfulOf: (ids, { reports }) => doubtfulTargets(ids, reports, context.now()),
  });
  const [answered, servers] = await bothSettled(answers, probeEnsemble(settings.zookeeper, signal));
  return toStatusReport(context, putTogether(context, answered, 'doubtful'), servers);
}
