import { DEFAULT_SCRAPE_RULE } from '@pulsekeeper/model';
import { RegistryError } from '@pulsekeeper/registry';

import { parseDurationOption } from '../arguments/time-range.ts';
import { openSession, withZooKeeper } from '../cluster/zookeeper.ts';
import { textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, messageOf, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { runChildCommand } from '../sidecar/child-command.ts';
import { keepRegistered, type KeepOptions } from '../sidecar/keep-registered.ts';
import { hostFacts, readRegistrationRequest } from '../sidecar/registration-request.ts';
import { describeEvent, type SidecarEvent } from '../sidecar/sidecar-event.ts';

const PROBE_BOUNDS = { minMs: 100, maxMs: 3_600_000 };
/** A dead owner's znode goes within its session timeout; this much of it is waited. */
const NAME_TAKEN_TIMEOUTS = 1.5;

/** `pulsekeeper register … [-- COMMAND]`: registers a service that is not written for Pulsekeeper. */
export async function runRegister(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const request = readRegistrationRequest(input, hostFacts());
  const probe = textOption(input, 'probe');
  const [command, ...args] = input.args;
  if (command !== undefined && context.output.isJson) {
    throw usageError("--json goes without a command: with one, standard output is the command's");
  }
  const common = {
    request,
    plan: {
      addresses: request.addresses,
      scheme: request.scrape.scheme ?? DEFAULT_SCRAPE_RULE.scheme,
      path: request.scrape.path ?? DEFAULT_SCRAPE_RULE.path,
    },
    probeEveryMs: probe === undefined ? undefined : parseDurationOption('--probe', probe, PROBE_BOUNDS),
    nameTakenGraceMs: NAME_TAKEN_TIMEOUTS * context.settings.sessionTimeoutMs,
    // Of the addresses behind a port one must answer; one that is named is taken as it is, unless it is to be probed.
    isAddressTrusted: command === undefined && probe === undefined && textOption(input, 'address') !== undefined,
    tell: (event: SidecarEvent) => tell(context, event),
  };
  return command === undefined ? standAlone(context, common) : besideCommand(context, common, command, args);
}

function tell({ output, now }: CommandContext, event: SidecarEvent): void {
  if (output.isJson) {
    output.printLine(JSON.stringify({ at: new Date(now()).toISOString(), ...event }));
  } else {
    output.note(`pulsekeeper: ${describeEvent(event)}`);
  }
}

/** Registers until interrupted. An unreachable ZooKeeper is an error at once: nothing else depends on us. */
async function standAlone(
  { settings }: CommandContext,
  common: Omit<KeepOptions, 'session' | 'signal'>,
): Promise<ExitCode> {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  await withZooKeeper(settings, controller.signal, (session) =>
    keep({ ...common, session, signal: controller.signal }),
  );
  return ExitCode.Good;
}

/** Runs the command whatever becomes of ZooKeeper; the registration follows when it can. */
async function besideCommand(
  { settings, output }: CommandContext,
  common: Omit<KeepOptions, 'session' | 'signal'>,
  command: string,
  args: readonly string[],
): Promise<ExitCode> {
  const ended = new AbortController();
  // Before the command runs: what is wrong with the settings must not leave it without anybody who looks after it. The
  // chroot is made like the client library makes it, since a service may start before the first collector.
  const session = openSession(settings, { createChroot: true });
  const child = runChildCommand(command, args).finally(() => ended.abort());
  const kept = (async () => {
    await session.start({ waitForConnection: false });
    await keep({ ...common, session, signal: ended.signal });
  })().catch((error: unknown) => output.note(`pulsekeeper: not registered: ${messageOf(error)}; the command goes on`));
  try {
    return await child;
  } finally {
    await kept;
    await session.stop();
  }
}

async function keep(options: KeepOptions): Promise<void> {
  try {
    await keepRegistered(options);
  } catch (error) {
    throw error instanceof RegistryError ? new CliError('Refused', error.message, { cause: error }) : error;
  }
}
