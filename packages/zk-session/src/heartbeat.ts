/** A probe leaves every T/6 and is due within T/4: a silent link is noticed within 5T/12, before T/2. */
const INTERVAL = 1 / 6;
const DUE = 1 / 4;
/** However many bytes go on arriving, a link whose probe has no answer by then is given up. */
const DUE_AT_LAST = 1 / 2;

/** The facts that {@link nextHeartbeatStep} decides by. Times are monotonic milliseconds. */
export interface HeartbeatFacts {
  readonly nowMs: number;
  readonly sessionTimeoutMs: number;
  /** When the latest probe left; undefined before the first. */
  readonly sentAtMs: number | undefined;
  /** Whether that probe was answered. */
  readonly isAnswered: boolean;
  /** When bytes last arrived on this link. */
  readonly receivedAtMs: number;
}

/** What to do now, or when to look again. */
export type HeartbeatStep =
  | { readonly kind: 'send' }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'overdue'; readonly waitedMs: number };

/**
 * Decides the heartbeat's next step.
 *
 * An answer is due within T/4 of its probe. While bytes arrive the member is at work on what was asked before
 * (a long bulk read), so the time counts from the last byte then, up to T/2.
 */
export function nextHeartbeatStep(facts: HeartbeatFacts): HeartbeatStep {
  const { nowMs, sessionTimeoutMs, sentAtMs, isAnswered, receivedAtMs } = facts;
  if (sentAtMs === undefined) return { kind: 'send' };
  if (isAnswered) {
    const nextMs = sentAtMs + sessionTimeoutMs * INTERVAL;
    return nowMs >= nextMs ? { kind: 'send' } : { kind: 'wait', untilMs: nextMs };
  }
  const dueMs = Math.min(
    Math.max(sentAtMs, receivedAtMs) + sessionTimeoutMs * DUE,
    sentAtMs + sessionTimeoutMs * DUE_AT_LAST,
  );
  return nowMs >= dueMs ? { kind: 'overdue', waitedMs: nowMs - sentAtMs } : { kind: 'wait', untilMs: dueMs };
}

/** What a {@link Heartbeat} does its work with. */
export interface HeartbeatPorts {
  readonly sessionTimeoutMs: number;
  readonly monotonic: () => number;
  /** Sends one probe through the quorum; resolves when a quorum answered, rejects when the link is gone. */
  readonly probe: () => Promise<void>;
  /** When bytes last arrived on this link, monotonic milliseconds. */
  readonly receivedAtMs: () => number;
  /** A probe that left at `sentAtMs` was answered. */
  readonly onAnswer: (sentAtMs: number) => void;
  /** No answer in time: the link is dead, whatever TCP says. Called once. */
  readonly onOverdue: (waitedMs: number) => void;
}

/**
 * Probes one link, unconditionally, from `start` until `stop` or until an answer is overdue.
 *
 * Unconditional since reads and notifications keep the library's idle timer quiet and prove nothing: a
 * client that only receives sends nothing, and expires.
 */
export class Heartbeat {
  readonly #ports: HeartbeatPorts;
  #sentAtMs: number | undefined;
  #isAnswered = false;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Immediate | undefined;

  constructor(ports: HeartbeatPorts) {
    this.#ports = ports;
  }

  /** Sends the first probe at once. */
  start(): void {
    this.#isRunning = true;
    this.#step();
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#poll);
  }

  #step(): void {
    if (!this.#isRunning) return;
    // An answer may come between the timer and the second look: only one of the two goes on.
    clearTimeout(this.#timer);
    clearImmediate(this.#poll);
    const nowMs = this.#ports.monotonic();
    const step = this.#next(nowMs);
    if (step.kind === 'send') {
      this.#send(nowMs);
      this.#step();
    } else if (step.kind === 'wait') {
      this.#timer = setTimeout(() => this.#step(), Math.max(1, Math.ceil(step.untilMs - nowMs)));
      this.#timer.unref();
    } else {
      // The event loop may have been blocked past the due time with the answer already in the socket:
      // timers run before sockets are read, immediates after. Look once more before judging.
      this.#poll = setImmediate(() => this.#judge());
    }
  }

  #judge(): void {
    const step = this.#next(this.#ports.monotonic());
    if (step.kind !== 'overdue') {
      this.#step();
      return;
    }
    this.stop();
    this.#ports.onOverdue(step.waitedMs);
  }

  #next(nowMs: number): HeartbeatStep {
    return nextHeartbeatStep({
      nowMs,
      sessionTimeoutMs: this.#ports.sessionTimeoutMs,
      sentAtMs: this.#sentAtMs,
      isAnswered: this.#isAnswered,
      receivedAtMs: this.#ports.receivedAtMs(),
    });
  }

  #send(sentAtMs: number): void {
    this.#sentAtMs = sentAtMs;
    this.#isAnswered = false;
    this.#ports.probe().then(
      () => {
        if (!this.#isRunning) return;
        this.#isAnswered = true;
        this.#ports.onAnswer(sentAtMs);
        this.#step();
      },
      // A probe fails with its link; whoever learns of the link's end stops this heartbeat.
      () => undefined,
    );
  }
}
