/**
 * Calls `work` for each item with at most `concurrency` calls at a time and gives the results in the order of the
 * items. The first error stops the rest from being started and is thrown once those under way have settled.
 */
export async function mapBounded<T, U>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<U>,
): Promise<U[]> {
  const queue = [...items];
  const results = new Array<U>(queue.length);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (failure === undefined && next < queue.length) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(queue[index] as T);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, worker));
  // Control flow analysis does not see the assignment within the workers.
  const outcome = failure as { readonly error: unknown } | undefined;
  if (outcome !== undefined) throw outcome.error;
  return results;
}
