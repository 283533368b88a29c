import { deferred } from '@pulsekeeper/model';

/** Promises that nobody awaits one by one: they are counted, and their rejections reported. */
export class PendingWork {
  readonly #onRejection: (error: unknown) => void;
  #count = 0;
  #idle = deferred<undefined>();

  constructor(onRejection: (error: unknown) => void) {
    this.#onRejection = onRejection;
  }

  get size(): number {
    return this.#count;
  }

  add(work: Promise<unknown>): void {
    this.#count += 1;
    work.then(this.#onSettled, (error: unknown) => {
      this.#onRejection(error);
      this.#onSettled();
    });
  }

  /** Resolves when nothing is pending, or when the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    const aborted = deferred<undefined>();
    const onAbort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (this.#count > 0 && !signal.aborted) await Promise.race([this.#idle.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  readonly #onSettled = (): void => {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#idle.resolve(undefined);
    this.#idle = deferred();
  };
}
