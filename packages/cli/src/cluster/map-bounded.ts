/**
 * Applies an asynchronous function to every item, at most `concurrency` at a time; results are in the order of the
 * items. The first failure is thrown once nothing is in flight any more, and no further item is begun.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  concurrency: number,
  apply: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next;
      next += 1;
      try {
        results[index] = await apply(items[index] as T, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  if (failures.length > 0) {
    throw failures[0];
  }
  return results;
}
