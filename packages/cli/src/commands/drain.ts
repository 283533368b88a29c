import { setTimeout as delay } from 'node:timers/promises';

import { parseCollector, serializeCollector, ZNODES, type CollectorRecord } from '@pulsekeeper/registry';
import { isZkError, type ZkSession, type ZnodeStat } from '@pulsekeeper/zk-session';

import { parseDurationOption } from '../arguments/time-range.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, messageOf, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant } from '../output/format-age.ts';

const DEFAULT_TIMEOUT = '60s';
const TIMEOUT_BOUNDS = { minMs: 1000, maxMs: 3_600_000 };
/** A collector that is well takes the request up within a fraction of this. */
const TAKE_UP_MS = 10_000;
const POLL_MS = 100;

/** How a drain ended: taken up, left already, or was on its way before. */
type DrainOutcome = 'draining' | 'gone' | 'already-draining';

/** A collector's znode. */
interface CollectorNode {
  readonly record: CollectorRecord;
  readonly stat: ZnodeStat;
}

/**
 * `pulsekeeper drain <collector>`: asks a collector to hand its targets over.
 *
 * The request is its own record with the state `draining` and without a boundary. The collector answers by announcing
 * the slot time from which it owns nothing, by which all collectors split the slots; until then nobody's targets move.
 * It writes its znode for other reasons, too, so the request is repeated until it is answered.
 */
export async function runDrain(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const id = input.args[0] ?? '';
  const timeoutMs = parseDurationOption('--timeout', textOption(input, 'timeout') ?? DEFAULT_TIMEOUT, TIMEOUT_BOUNDS);
  const path = pathOf(id);
  const { outcome, drainAtMs } = await withZooKeeper(settings, signal, async (session) => {
    const answer = await request(session, path, id, signal);
    if (hasFlag(input, 'wait') && answer.outcome !== 'gone') {
      await waitUntilGone(session, path, id, timeoutMs, signal);
      return { outcome: 'gone' as const, drainAtMs: answer.drainAtMs };
    }
    return answer;
  });
  const drainAt = drainAtMs === undefined ? null : formatInstant(drainAtMs);
  if (output.isJson) {
    output.printJson({ collector: id, outcome, drainAt });
  } else {
    output.printLine(describe(id, outcome, drainAt));
  }
  return ExitCode.Good;
}

async function request(
  session: ZkSession,
  path: string,
  id: string,
  signal: AbortSignal,
): Promise<{ outcome: DrainOutcome; drainAtMs: number | undefined }> {
  const deadlineMs = performance.now() + TAKE_UP_MS;
  let hasAsked = false;
  for (;;) {
    const node = await readNode(session, path, id, signal);
    if (node === undefined) {
      if (hasAsked) {
        return { outcome: 'gone', drainAtMs: undefined };
      }
      throw new CliError('NotFound', `no collector is registered as "${id}"; \`pulsekeeper collectors\` lists them`);
    }
    const { drainAtMs, state } = node.record;
    if (drainAtMs !== undefined) {
      return { outcome: hasAsked ? 'draining' : 'already-draining', drainAtMs };
    }
    if (performance.now() > deadlineMs) {
      throw new CliError('Refused', `${id} does not take the request up; is its process well? It keeps its targets`);
    }
    if (state !== 'draining') {
      await ask(session, path, node, signal);
      hasAsked = true;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function ask(
  session: ZkSession,
  path: string,
  { record, stat }: CollectorNode,
  signal: AbortSignal,
): Promise<void> {
  try {
    const data = serializeCollector({ ...record, state: 'draining' });
    await session.setData(path, data, { version: stat.version, signal });
  } catch (error) {
    // BadVersion: it was written since it was read. NoNode: it left. The next read sees either.
    if (!isZkError(error, 'BadVersion', 'NoNode')) {
      throw error;
    }
  }
}

async function waitUntilGone(
  session: ZkSession,
  path: string,
  id: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const node = await readNode(session, path, id, signal);
    if (node === undefined) {
      return;
    }
    if (node.record.state !== 'draining') {
      throw new CliError('Conflict', `${id} joined anew while it was drained`);
    }
    if (performance.now() > deadlineMs) {
      throw new CliError('Refused', `${id} is draining and has not left yet; its log says what it waits for`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function readNode(
  session: ZkSession,
  path: string,
  id: string,
  signal: AbortSignal,
): Promise<CollectorNode | undefined> {
  try {
    const { data, stat } = await session.getData(path, { signal });
    const parsed = parseCollector(data);
    if (!parsed.ok) {
      throw new CliError('Refused', `the record of ${id} cannot be understood: ${parsed.reason}`);
    }
    return { record: parsed.value, stat };
  } catch (error) {
    if (isZkError(error, 'NoNode')) {
      return undefined;
    }
    throw error;
  }
}

function pathOf(id: string): string {
  try {
    return ZNODES.collectorPath(id);
  } catch (error) {
    throw usageError(messageOf(error), error);
  }
}

function describe(id: string, outcome: DrainOutcome, drainAt: string | null): string {
  switch (outcome) {
    case 'gone':
      return `${id} has handed its targets over and left`;
    case 'draining':
      return `${id} is draining; it owns nothing from ${String(drainAt)} on`;
    case 'already-draining':
      return `${id} was draining already; it owns nothing from ${String(drainAt)} on`;
  }
}
