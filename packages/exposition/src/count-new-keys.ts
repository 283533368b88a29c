import { NEWLINE } from './byte-class.ts';
import { hashBytes, SeriesIndex } from './series-index.ts';

/** Keys that are looked at in one step: about a millisecond. */
const KEYS_A_STEP = 4096;

/** Bytes that are compared in one step where the lists are the same. */
const BYTES_A_STEP = 1024 * 1024;

/**
 * Counts the series keys of `next` that `previous` does not have, step by step. Neither list, as an `Exposition` has them, may have a
 * key twice. Linear in what differs, where the lists begin or end alike; holds 12 bytes a key of that.
 */
export function* countNewKeys(previous: Uint8Array, next: Uint8Array): Generator<undefined, number> {
  const start = yield* commonStart(previous, next);
  const tail = yield* commonTail(previous, next, start);
  const [previousEnd, nextEnd] = [previous.length - tail, next.length - tail];
  const index = new SeriesIndex();
  let keysLeft = KEYS_A_STEP;
  for (let at = start; at < previousEnd;) {
    const end = previous.indexOf(NEWLINE, at) + 1;
    index.add(previous, at, end, hashBytes(previous, at, end));
    at = end;
    if (--keysLeft > 0) continue;
    keysLeft = KEYS_A_STEP;
    yield;
  }
  let count = 0;
  for (let at = start; at < nextEnd;) {
    const end = next.indexOf(NEWLINE, at) + 1;
    if (index.find(previous, next, at, end, hashBytes(next, at, end)) < 0) count++;
    at = end;
    if (--keysLeft > 0) continue;
    keysLeft = KEYS_A_STEP;
    yield;
  }
  return count;
}

/** Where the first keys begin that are not the same. */
function* commonStart(a: Uint8Array, b: Uint8Array): Generator<undefined, number> {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at + BYTES_A_STEP <= most && isSame(a, b, at, at, BYTES_A_STEP)) {
    at += BYTES_A_STEP;
    yield;
  }
  while (at < most && a[at] === b[at]) at++;
  while (at > 0 && a[at - 1] !== NEWLINE) at--;
  return at;
}

/** How many bytes of whole keys are the same at the end, not counting those before `start`. */
function* commonTail(a: Uint8Array, b: Uint8Array, start: number): Generator<undefined, number> {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length + BYTES_A_STEP <= most) {
    const next = length + BYTES_A_STEP;
    if (!isSame(a, b, a.length - next, b.length - next, BYTES_A_STEP)) break;
    length = next;
    yield;
  }
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  // The key that begins there may have begun earlier; the newline before it is that of another.
  while (length > 0 && a.length - length !== start && a[a.length - length - 1] !== NEWLINE) length--;
  while (length > 0 && b.length - length !== start && b[b.length - length - 1] !== NEWLINE) length--;
  return length;
}

function isSame(a: Uint8Array, b: Uint8Array, aStart: number, bStart: number, length: number): boolean {
  return Buffer.compare(a.subarray(aStart, aStart + length), b.subarray(bStart, bStart + length)) === 0;
}
