import { ExitCode } from './exit-code.ts';
import { closeOpenScreens } from './output/live-screen.ts';
import { runCli } from './run-cli.ts';

/** How long a command that was asked to end may take to close its connections. */
const LEAVE_TIMEOUT_MS = 3000;

// Also a second Ctrl-C, which does not wait, leaves the terminal as it was.
process.on('exit', closeOpenScreens);

const controller = new AbortController();

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function onSignal(): void {
  if (controller.signal.aborted) {
    process.exit(ExitCode.Interrupted);
  }
  controller.abort();
  setTimeout(() => process.exit(ExitCode.Interrupted), LEAVE_TIMEOUT_MS).unref();
}

function releaseSignals(): void {
  for (const name of SIGNALS) {
    process.off(name, onSignal);
  }
}

for (const name of SIGNALS) {
  process.on(name, onSignal);
}

// `pulsekeeper targets | head`: the reader has what it wanted, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.Good : ExitCode.NotAsItShouldBe);
});

void runCli({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
  releaseSignals,
}).then((exitCode) => {
  // The answer is out; a library's idle timer must not keep the shell waiting. Writing nothing flushes what is queued.
  process.stdout.write('', () => process.exit(exitCode));
});
