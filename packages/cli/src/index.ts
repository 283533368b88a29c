export { ExitCode } from './exit-code.ts';
export { runCli, type CliSurroundings } from './run-cli.ts';
