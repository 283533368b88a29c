import { redactUrls } from '@pulsekeeper/model';
import type { Logger as PinoLogger } from 'pino';

import type { Collector } from './collector.ts';
import { helpText, parseCommandLine } from './config/command-line.ts';
import { loadSettings, redactSettings, type Settings } from './config/load-settings.ts';
import { EXIT_CODES, exitCodeOf } from './exit-code.ts';
import { letHeapGrow } from './heap-growth.ts';
import { PROGRAM_VERSION } from './program-version.ts';

/** What is still open once everything was stopped, such as a command that Redis does not answer, may hold the process so long. */
const LINGER_MS = 250;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();

async function main(args: readonly string[]): Promise<number> {
  try {
    const { action, configFile, flags } = parseCommandLine(args);
    if (action === 'help' || action === 'version') {
      process.stdout.write(`${action === 'help' ? helpText() : PROGRAM_VERSION}\n`);
      return EXIT_CODES.good;
    }
    const settings = loadSettings({ flags, configFile, env: process.env });
    if (action === 'print-config') {
      process.stdout.write(`${JSON.stringify(redactSettings(settings.raw), undefined, 2)}\n`);
      return EXIT_CODES.good;
    }
    return await run(settings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`pulsekeeper-collector: ${redactUrls(message.replaceAll('\n', ' '))}\n`);
    return exitCodeOf(error);
  }
}

/** Runs the collector until it is told to leave. */
async function run({ options, logLevel }: Settings): Promise<number> {
  letHeapGrow(process.execArgv);
  // Loaded only now: help and complaints about settings need none of it.
  const [{ Collector }, { pino }] = await Promise.all([import('./collector.ts'), import('pino')]);
  const logger = pino({ level: logLevel, base: { pid: process.pid, collector: options.id } });
  const collector = new Collector({ ...options, logger });
  const starting = new AbortController();
  const left = leaveOnSignal(collector, starting, logger);
  collector.sessionEnded.then(
    (reason) => {
      if (reason !== undefined) logger.fatal({ err: reason }, 'the ZooKeeper session cannot go on');
    },
    () => undefined,
  );
  try {
    await collector.start({ signal: starting.signal });
  } catch (error) {
    if (starting.signal.aborted) return EXIT_CODES.good;
    throw error;
  }
  const reason = await Promise.race([left, collector.sessionEnded]);
  await collector.stop();
  return reason instanceof Error ? EXIT_CODES.failed : EXIT_CODES.good;
}

/** The first signal asks for an orderly leave; the second ends the process at once. */
function leaveOnSignal(collector: Collector, starting: AbortController, logger: PinoLogger): Promise<void> {
  return new Promise((resolve) => {
    let isLeaving = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isLeaving) {
        logger.warn({ signal }, 'told twice; ending at once');
        process.exit(EXIT_CODES.failed);
      }
      isLeaving = true;
      logger.info({ signal }, 'told to leave');
      starting.abort(new Error(`told to leave by ${signal}`));
      resolve(collector.stop());
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
