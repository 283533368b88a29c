/** What is left of a session's followers that were stopped in one of its states. */
export interface StopReport {
  readonly scenario: string;
  /** The state in which they were stopped. */
  readonly state: string;
  /** How long each took, in ms. */
  readonly stopMs: Readonly<Record<string, number>>;
  /** How the calls that were waiting have ended: `resolved`, or the code of the error. */
  readonly ends: readonly string[];
  /** Listeners of the session's states, and setups, right after the stop; the session lives. */
  readonly listeners: number;
  readonly setups: number;
  /** Operations of the session that have not settled. */
  readonly pending: number;
  /** What keeps the process alive, and timers of any kind, after the session was stopped too. */
  readonly left: readonly string[];
}
