// Reads name and labels of a line.

import {
  BRACE_CLOSE,
  BRACE_OPEN,
  COMMA,
  EQUALS_QUOTE,
  LABEL_PART,
  LABEL_START,
  NAME_PART,
  PLAIN,
  QUOTE,
  classOf,
} from './bytes';
import { LABELS, LABEL_BYTES, MAX_LABELS } from './memory';

// What `readSeries` has found out.
export let nameEnd: i32 = 0;
export let labelCount: i32 = 0;
export let isSorted: bool = true;

/** Reads name and labels. @returns what follows them, or 0 when they are not plain. */
export function readSeries(start: i32, maxLabels: i32, maxNameBytes: i32, maxValueBytes: i32): i32 {
  let p = start + 1;
  while ((classOf(<u32>load<u8>(p)) & NAME_PART) != 0) p++;
  nameEnd = p;
  labelCount = 0;
  isSorted = true;
  if (p - start > maxNameBytes) return 0;
  if (<u32>load<u8>(p) != BRACE_OPEN) return p;
  let place = LABELS;
  while (true) {
    const name = ++p;
    if ((classOf(<u32>load<u8>(p)) & LABEL_START) == 0) return 0;
    p++;
    while ((classOf(<u32>load<u8>(p)) & LABEL_PART) != 0) p++;
    const value = p + 2;
    if (<u32>load<u16>(p) != EQUALS_QUOTE || p - name > maxNameBytes || isReserved(name, p)) return 0;
    store<i32>(place, name);
    store<i32>(place + 4, p);
    p = value;
    while ((classOf(<u32>load<u8>(p)) & PLAIN) != 0) p++;
    store<i32>(place + 8, p);
    // Empty values are no part of a key.
    if (<u32>load<u8>(p) != QUOTE || p == value || p - value > maxValueBytes) return 0;
    if (labelCount > 0 && isSorted) {
      const order = compareNames(place - LABEL_BYTES, place);
      if (order == 0) return 0;
      isSorted = order < 0;
    }
    labelCount++;
    place += LABEL_BYTES;
    const c = <u32>load<u8>(++p);
    if (c == BRACE_CLOSE) break;
    if (c != COMMA || labelCount == MAX_LABELS) return 0;
  }
  if (labelCount > maxLabels || (!isSorted && !sortLabels())) return 0;
  return p + 1;
}

/** `__name__` is no label. */
function isReserved(name: i32, end: i32): bool {
  return end - name == 8 && load<u64>(name) == 0x5f5f656d616e5f5f;
}

/** Sorts the labels by name. @returns whether no name occurs twice. */
function sortLabels(): bool {
  for (let i = 1; i < labelCount; i++) {
    let place = LABELS + i * LABEL_BYTES;
    while (place > LABELS) {
      const order = compareNames(place - LABEL_BYTES, place);
      if (order == 0) return false;
      if (order < 0) break;
      const bytes = load<u64>(place);
      const value = load<u32>(place + 8);
      store<u64>(place, load<u64>(place - LABEL_BYTES));
      store<u32>(place + 8, load<u32>(place - LABEL_BYTES + 8));
      store<u64>(place - LABEL_BYTES, bytes);
      store<u32>(place - LABEL_BYTES + 8, value);
      place -= LABEL_BYTES;
    }
  }
  return true;
}

/** Compares the names of two labels byte by byte. */
function compareNames(a: i32, b: i32): i32 {
  let x = load<i32>(a);
  let y = load<i32>(b);
  const xEnd = load<i32>(a + 4);
  const yEnd = load<i32>(b + 4);
  while (x < xEnd && y < yEnd) {
    const difference = <i32>load<u8>(x++) - <i32>load<u8>(y++);
    if (difference != 0) return difference;
  }
  return xEnd - x - (yEnd - y);
}
