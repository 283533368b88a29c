/** A promise with its two ends in the open. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  /** Fulfils the promise; later calls of either end do nothing. */
  readonly resolve: (value: T | PromiseLike<T>) => void;
  /** Rejects the promise; later calls of either end do nothing. */
  readonly reject: (reason: unknown) => void;
}

/** A promise to be settled by somebody else. Stands in for `Promise.withResolvers`, which Node 20 lacks. */
export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] | undefined;
  let reject: Deferred<T>['reject'] | undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  if (resolve === undefined || reject === undefined) {
    throw new TypeError('the promise constructor did not run its executor');
  }
  return { promise, resolve, reject };
}
