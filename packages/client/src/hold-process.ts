/**
 * Keeps the process alive until the returned function is called, for at most `maxMs`. The event loop may hold nothing
 * else: without this, a process would end in the middle of an `await` of ours, with exit code 13.
 */
export function holdProcess(maxMs: number): () => void {
  const timer = setTimeout(() => undefined, Math.min(maxMs, 0x7fff_ffff));
  return () => clearTimeout(timer);
}
