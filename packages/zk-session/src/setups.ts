import { setTimeout as delay } from 'node:timers/promises';

import { fullJitterMs } from './backoff.ts';
import type { SessionLogger } from './session-logger.ts';
import type { ConnectedState } from './session-state.ts';

/** Why a setup runs: its last complete run was in another ZooKeeper session (or never was), or on another link. */
export type SetupReason = 'new-session' | 'reconnected';

/** What a setup is told. */
export interface SetupContext {
  /**
   * `new-session`: make ephemerals, and read and watch everything. `reconnected`: ephemerals still stand;
   * watches are gone, so read and watch everything again.
   */
  readonly reason: SetupReason;
  /** The session that this run is for. */
  readonly sessionId: bigint;
  /** Its number: 1 for the first, one more for each that replaces a lost one. */
  readonly generation: number;
  /** Aborted when the link that this run is for is gone, the setup was removed, or the session stopped. */
  readonly signal: AbortSignal;
}

/** Work to be done after every connect. Must be repeatable: it runs again when it throws. */
export type SetupFunction = (context: SetupContext) => Promise<void> | void;

interface Setup {
  readonly run: SetupFunction;
  controller: AbortController | undefined;
  running: Promise<void>;
  /** Generation in which it last ran to its end; 0 for never. */
  doneGeneration: number;
}

const RETRY = { baseMs: 100, capMs: 5000 };

/**
 * Runs every setup after every connect, all at once, each never twice at the same time; again with full
 * jitter (up to 5 s) when one throws, for as long as the link stands.
 */
export class Setups {
  readonly #logger: SessionLogger;
  readonly #random: () => number;
  readonly #setups = new Set<Setup>();
  #connected: ConnectedState | undefined;

  constructor(logger: SessionLogger, random: () => number) {
    this.#logger = logger;
    this.#random = random;
  }

  /** Adds a setup; runs it at once where there is a link. Returns what removes it. */
  add(run: SetupFunction): () => void {
    const setup: Setup = { run, controller: undefined, running: Promise.resolve(), doneGeneration: 0 };
    this.#setups.add(setup);
    if (this.#connected !== undefined) this.#begin(setup, this.#connected);
    return () => {
      this.#setups.delete(setup);
      setup.controller?.abort(new Error('the setup was removed'));
    };
  }

  /** A link is there: run all. */
  connected(state: ConnectedState): void {
    this.#connected = state;
    for (const setup of this.#setups) this.#begin(setup, state);
  }

  /** The link is gone: abort all. */
  disconnected(cause: Error): void {
    this.#connected = undefined;
    for (const setup of this.#setups) setup.controller?.abort(cause);
  }

  /** Resolves when no setup runs any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#setups].map((setup) => setup.running));
  }

  #begin(setup: Setup, state: ConnectedState): void {
    const controller = new AbortController();
    setup.controller = controller;
    setup.running = this.#repeat(setup, setup.running, state, controller.signal);
  }

  /** Never rejects. */
  async #repeat(setup: Setup, previous: Promise<void>, state: ConnectedState, signal: AbortSignal): Promise<void> {
    await previous;
    const { sessionId, generation } = state;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const reason = setup.doneGeneration === generation ? 'reconnected' : 'new-session';
      try {
        await setup.run({ reason, sessionId, generation, signal });
        setup.doneGeneration = generation;
        return;
      } catch (error) {
        // What fails because its link is gone is repeated on the next one.
        if (isAborted(signal)) return;
        const fields = { err: error, reason, attempt };
        if (attempt === 0) this.#logger.warn(fields, 'setup failed');
        else this.#logger.debug(fields, 'setup failed again');
        await delay(fullJitterMs({ ...RETRY, random: this.#random }, attempt), undefined, { signal, ref: false }).catch(
          () => undefined,
        );
      }
    }
  }
}

/** Asked anew after an await, which the compiler's narrowing does not know of. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
