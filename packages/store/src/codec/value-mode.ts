import { BINARY, INTEGER_BOUND, MOST_DECIMALS, POWERS_OF_TEN } from './series-model.ts';

/**
 * The mode that can hold a column's new value: the one before while it can, otherwise the next with more decimals, otherwise
 * binary. Only the writer decides; a reader takes any mode at any time.
 */
export function chooseMode(
  mode: number,
  newValues: Float64Array,
  newWords: Int32Array,
  words: Int32Array,
  column: number,
): number {
  // A column of arbitrary doubles stays binary: going to and fro would cost more. After a NaN there is no such memory.
  if (mode === BINARY && isFiniteWord(words[column * 2 + 1] ?? 0)) return BINARY;
  const first = mode <= MOST_DECIMALS ? mode : 0;
  const value = newValues[column] ?? 0;
  if (value === 0) return newWords[column * 2 + 1] === 0 ? first : BINARY;
  for (let decimals = first; decimals <= MOST_DECIMALS; decimals++) {
    const power = POWERS_OF_TEN[decimals] ?? 0;
    const integer = Math.round(value * power);
    if (integer < INTEGER_BOUND && integer > -INTEGER_BOUND && integer !== 0 && integer / power === value)
      return decimals;
  }
  return BINARY;
}

/** Whether a double with this high word is neither NaN nor infinite. */
function isFiniteWord(highWord: number): boolean {
  return (highWord & 0x7ff00000) !== 0x7ff00000;
}
