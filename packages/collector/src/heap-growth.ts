import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** A heap smaller than this is not worth being collected in full. */
const SMALL_HEAP_BYTES = 48 * 1024 * 1024;

/** A heap larger than this is left to V8. */
const LARGE_HEAP_BYTES = 256 * 1024 * 1024;

/** What is between may grow by so much more than it held. */
const MOST_PERCENT = 150;
const LEAST_PERCENT = 30;

/** How often the size of the heap is looked at, and how many looks tell what it holds without the garbage. */
const LOOK_MS = 10_000;
const LOOKS = 6;

const FLAG = '--heap-growing-percent';

/**
 * Lets a small heap grow before it is collected in full, from the next collection on. Left to itself V8 lets the heap of a process that
 * makes little garbage grow by a tenth: the full collections are then a small part of the time that passes, but a fifth of the
 * processor time of a collector that is idle for nineteen twentieths of it. A large heap is left to V8.
 *
 * Nothing happens where Node was started with a growth of its own.
 *
 * @param execArgv - What Node was started with.
 */
export function letHeapGrow(execArgv: readonly string[]): void {
  if (execArgv.some((argument) => argument.replaceAll('_', '-').startsWith(FLAG))) return;
  const latest: number[] = [];
  let inForce = 0;
  const look = (): void => {
    latest.push(getHeapStatistics().used_heap_size);
    if (latest.length > LOOKS) latest.shift();
    const percent = growthPercent(Math.min(...latest));
    if (percent === inForce) return;
    inForce = percent;
    setFlagsFromString(`${FLAG}=${percent}`);
  };
  look();
  setInterval(look, LOOK_MS).unref();
}

/** By how many percent a heap may grow that holds so many bytes; 0 leaves it to V8. */
export function growthPercent(heldBytes: number): number {
  if (heldBytes >= LARGE_HEAP_BYTES) return 0;
  const percent = Math.floor((100 * SMALL_HEAP_BYTES) / Math.max(heldBytes, 1)) - 100;
  return Math.min(Math.max(percent, LEAST_PERCENT), MOST_PERCENT);
}
