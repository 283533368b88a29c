const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Keys that are looked at in one step: well below a millisecond. */
const KEYS_A_STEP = 1024;

/** The labels of one key: where each name starts and ends, and its value with the quotes ends. */
const nameStarts: number[] = [];
const nameEnds: number[] = [];
const valueEnds: number[] = [];

/**
 * Puts `prefix` before the labels of the given names in a list of canonical series keys, and the labels of each key into their
 * new order. Works on bytes: a list may be of a million keys. A step of the generator is some keys.
 *
 * Returns undefined for a list with keys that are not of the plain form `name{a="b"}`: names in quotes.
 */
export function* renameInKeys(
  keys: Uint8Array,
  size: number,
  names: readonly string[],
  prefix: string,
): Generator<undefined, Uint8Array | undefined> {
  const renamed = names.map((name) => ({ from: Buffer.from(name), to: Buffer.from(prefix + name) }));
  // No key has a name twice. Memory that is not needed is never touched.
  const out = Buffer.allocUnsafeSlow(keys.length + size * names.length * Buffer.byteLength(prefix));
  let length = 0;
  let start = 0;
  for (let index = 0; index < size; index += 1) {
    const count = readLabels(keys, start);
    if (count < 0) return undefined;
    const first = nameStarts[0] ?? 0;
    const end = count === 0 ? keys.indexOf(NEWLINE, start) : (valueEnds[count - 1] ?? 0) + 1;
    const bodyEnd = count === 0 ? end : first;
    length = copy(out, length, keys, start, bodyEnd);
    if (count > 0) {
      length = writeLabels(out, length, keys, count, renamed);
      out[length++] = BRACE_CLOSE;
    }
    out[length++] = NEWLINE;
    start = end + 1;
    if (index % KEYS_A_STEP === KEYS_A_STEP - 1) yield;
  }
  return out.subarray(0, length);
}

/** A name, and what takes its place. */
interface Renamed {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Reads the labels of the key at `start`. @returns how many, -1 when a name is in quotes. */
function readLabels(keys: Uint8Array, start: number): number {
  let at = start;
  while (keys[at] !== BRACE_OPEN && keys[at] !== NEWLINE) at += 1;
  if (keys[at] === NEWLINE) return 0;
  if (at === start) return -1;
  let count = 0;
  for (at += 1; ; at += 1) {
    if (keys[at] === QUOTE) return -1;
    nameStarts[count] = at;
    while (keys[at] !== EQUALS) at += 1;
    nameEnds[count] = at;
    // Past the equals sign and the opening quote.
    for (at += 2; keys[at] !== QUOTE; at += 1) if (keys[at] === BACKSLASH) at += 1;
    at += 1;
    valueEnds[count] = at;
    count += 1;
    if (keys[at] !== COMMA) return count;
  }
}

/** Merges the labels that keep their names with those that do not: both are in order among themselves. */
function writeLabels(
  out: Uint8Array,
  from: number,
  keys: Uint8Array,
  count: number,
  renamed: readonly Renamed[],
): number {
  let length = from;
  let kept = 0;
  let moved = nextMoved(keys, 0, count, renamed);
  for (let written = 0; written < count; written += 1) {
    while (kept < count && newNameOf(keys, kept, renamed) !== undefined) kept += 1;
    const to = moved < count ? newNameOf(keys, moved, renamed) : undefined;
    const takesMoved = to !== undefined && (kept >= count || isBefore(to, keys, kept));
    const label = takesMoved ? moved : kept;
    if (written > 0) out[length++] = COMMA;
    if (takesMoved) {
      length = copy(out, length, to, 0, to.length);
      moved = nextMoved(keys, moved + 1, count, renamed);
    } else {
      length = copy(out, length, keys, nameStarts[label] ?? 0, nameEnds[label] ?? 0);
      kept += 1;
    }
    length = copy(out, length, keys, nameEnds[label] ?? 0, valueEnds[label] ?? 0);
  }
  return length;
}

function nextMoved(keys: Uint8Array, from: number, count: number, renamed: readonly Renamed[]): number {
  let label = from;
  while (label < count && newNameOf(keys, label, renamed) === undefined) label += 1;
  return label;
}

function newNameOf(keys: Uint8Array, label: number, renamed: readonly Renamed[]): Uint8Array | undefined {
  const start = nameStarts[label] ?? 0;
  const length = (nameEnds[label] ?? 0) - start;
  for (const { from, to } of renamed) {
    if (from.length !== length) continue;
    let at = 0;
    while (at < length && from[at] === keys[start + at]) at += 1;
    if (at === length) return to;
  }
  return undefined;
}

/** Whether the name comes before that of a label. */
function isBefore(name: Uint8Array, keys: Uint8Array, label: number): boolean {
  const start = nameStarts[label] ?? 0;
  const length = (nameEnds[label] ?? 0) - start;
  const shorter = Math.min(name.length, length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (name[at] ?? 0) - (keys[start + at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return name.length < length;
}

/** Copies short pieces: a call for each would cost more than the bytes do. @returns where the copy ends. */
function copy(out: Uint8Array, to: number, from: Uint8Array, start: number, end: number): number {
  let length = to;
  for (let at = start; at < end; at += 1) out[length++] = from[at] ?? 0;
  return length;
}
