/** One level of a pino-compatible logger: fields first, then a constant message. */
export type LogMethod = (fields: object, message?: string) => void;

/** The part of a pino logger that this package uses. */
export interface SessionLogger {
  trace: LogMethod;
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  fatal: LogMethod;
  /** A logger that adds these fields to each line. */
  child(bindings: Record<string, unknown>): SessionLogger;
}

const nothing: LogMethod = () => undefined;

/** Drops everything: the default, so that a library says nothing unless asked to. */
export const silentSessionLogger: SessionLogger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentSessionLogger,
};
