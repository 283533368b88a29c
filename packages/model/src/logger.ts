/** One level of a {@link Logger}: data in fields (an error under `err`), then a constant, lower-case message. */
export type LogMethod = (fields: object, message?: string) => void;

/** What Pulsekeeper asks of a logger. A pino logger is one. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds the bindings to every line. */
  child(bindings: Record<string, unknown>): Logger;
}

function discard(): void {
  // A silent logger has nothing to do.
}

/** Logs nothing: the default of every library here. */
export const silentLogger: Logger = {
  trace: discard,
  debug: discard,
  info: discard,
  warn: discard,
  error: discard,
  fatal: discard,
  child: () => silentLogger,
};
