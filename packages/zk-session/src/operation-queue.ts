import { AbortListeners } from './abort-listeners.ts';
import { deferred } from './deferred.ts';
import { isZkError, ZkError } from './errors.ts';
import { LinkedQueue } from './linked-queue.ts';

/**
 * How many operations may be on the wire at once. The client library walks its replies in ways that grow
 * with their number; 256 keep the link busy and every reply cheap.
 */
export const MAX_OPERATIONS_IN_FLIGHT = 256;

/** How an operation ended. */
export type Outcome<T> = { readonly error: ZkError } | { readonly error?: undefined; readonly value: T };

/** Told by the link how an operation ended, exactly once. */
export type OperationDone<T> = (outcome: Outcome<T>) => void;

/** One request, to be sent over the link `L` when its turn comes. */
export interface OperationRequest<L, T> {
  /** Sends it. Must call `done` exactly once, when the answer is there or the link is gone. */
  readonly send: (link: L, done: OperationDone<T>) => void;
  /** For messages. */
  readonly description: string;
  readonly path?: string | undefined;
  /** A read: repeated on the next link when this one breaks, within its deadline. */
  readonly isRepeatable: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Requests of one flow keep their order; flows take turns. */
  readonly flow?: object | undefined;
  /** Sees the answer before the promise resolves, and only while somebody still waits for it. */
  readonly onReply?: ((value: T) => void) | undefined;
}

interface Operation<L> {
  readonly flow: object;
  isSettled: boolean;
  send(link: L): void;
  fail(error: unknown): void;
}

const DEFAULT_FLOW = {};

/**
 * Lets at most `maxInFlight` operations onto the link, flow by flow in turn, so that a bulk read of 50,000
 * nodes does not hold up a single write.
 *
 * Every operation settles: by its answer, its deadline, its signal, or the end of the session. Without a link
 * it waits. When a link breaks, reads wait for the next one and writes fail with `ConnectionLoss`. An
 * operation whose deadline passed on the wire keeps its place until the link answers or ends, so the bound
 * holds for what the server still has to do.
 */
export class OperationQueue<L extends object> {
  readonly #maxInFlight: number;
  readonly #flows = new LinkedQueue<object>();
  readonly #waiting = new Map<object, LinkedQueue<Operation<L>>>();
  readonly #unsettled = new Set<Operation<L>>();
  readonly #aborts = new AbortListeners();
  #link: L | undefined;
  #inFlight = 0;
  #isPumping = false;
  #closed: ZkError | undefined;

  constructor(maxInFlight = MAX_OPERATIONS_IN_FLIGHT) {
    this.#maxInFlight = maxInFlight;
  }

  /** Operations on the present link that have no answer yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Operations that nobody has answered, on the wire or not. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** Whether operations can go out at this moment. */
  get isOpen(): boolean {
    return this.#link !== undefined;
  }

  /** Sends what waits, and what comes, over this link. */
  open(link: L): void {
    if (this.#closed !== undefined) return;
    this.#link = link;
    this.#inFlight = 0;
    this.#pump();
  }

  /** The link is gone. The link itself reports the end of each operation that was on it, after this. */
  suspend(): void {
    this.#link = undefined;
    this.#inFlight = 0;
  }

  /** Fails everything that waits or is on the wire: the session they were meant for is over. */
  failAll(error: ZkError): void {
    this.suspend();
    for (const operation of [...this.#unsettled]) operation.fail(error);
  }

  /** As {@link failAll}, and for everything that comes later as well. */
  close(error: ZkError): void {
    this.#closed = error;
    this.failAll(error);
  }

  /**
   * Runs one operation when its turn comes.
   *
   * @throws {@link ZkError} what the link reports; `OperationTimeout` after `timeoutMs`; the error given to
   * {@link failAll} or {@link close}. The signal's reason when that is aborted.
   */
  submit<T>(request: OperationRequest<L, T>): Promise<T> {
    if (request.signal?.aborted === true) return Promise.reject(request.signal.reason as Error);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const answer = deferred<T>();
    const settle = (): boolean => {
      if (operation.isSettled) return false;
      operation.isSettled = true;
      this.#unsettled.delete(operation);
      clearTimeout(timer);
      forgetSignal?.();
      return true;
    };
    const operation: Operation<L> = {
      flow: request.flow ?? DEFAULT_FLOW,
      isSettled: false,
      fail: (error) => {
        if (settle()) answer.reject(error);
      },
      send: (link) => {
        request.send(link, (outcome) => {
          this.#finish(link);
          if (operation.isSettled) return;
          if (outcome.error === undefined) {
            request.onReply?.(outcome.value);
            if (settle()) answer.resolve(outcome.value);
          } else if (request.isRepeatable && isZkError(outcome.error, 'ConnectionLoss')) {
            this.#enqueue(operation, 'first');
          } else {
            operation.fail(outcome.error);
          }
        });
      },
    };
    const { signal } = request;
    const forgetSignal = signal && this.#aborts.add(signal, () => operation.fail(signal.reason));
    const timer = setTimeout(() => operation.fail(timeoutError(request)), request.timeoutMs);
    timer.unref();
    this.#unsettled.add(operation);
    this.#enqueue(operation, 'last');
    return answer.promise;
  }

  #enqueue(operation: Operation<L>, place: 'first' | 'last'): void {
    let queue = this.#waiting.get(operation.flow);
    if (queue === undefined) {
      queue = new LinkedQueue();
      this.#waiting.set(operation.flow, queue);
      this.#flows.push(operation.flow);
    }
    if (place === 'first') queue.unshift(operation);
    else queue.push(operation);
    this.#pump();
  }

  #finish(link: L): void {
    // An answer that belongs to an earlier link freed its place when that link went.
    if (link !== this.#link) return;
    this.#inFlight -= 1;
    this.#pump();
  }

  #pump(): void {
    // A link may answer at once, from within `send`.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#link !== undefined && this.#inFlight < this.#maxInFlight) {
      const operation = this.#next();
      if (operation === undefined) break;
      this.#inFlight += 1;
      operation.send(this.#link);
    }
    this.#isPumping = false;
  }

  /** The first operation of the flow whose turn it is; settled ones are dropped on the way. */
  #next(): Operation<L> | undefined {
    for (let flow = this.#flows.shift(); flow !== undefined; flow = this.#flows.shift()) {
      const queue = this.#waiting.get(flow);
      let operation = queue?.shift();
      while (operation?.isSettled === true) operation = queue?.shift();
      if (queue === undefined || queue.isEmpty) this.#waiting.delete(flow);
      else this.#flows.push(flow);
      if (operation !== undefined) return operation;
    }
    return undefined;
  }
}

function timeoutError(request: { description: string; path?: string | undefined; timeoutMs: number }): ZkError {
  const message = `${request.description} had no answer within ${request.timeoutMs} ms`;
  return new ZkError('OperationTimeout', message, { path: request.path });
}
