/** Prometheus' staleness marker, a NaN with a payload of its own: the series has no value here. */
const STALE_LOW = 0x0000_0002;
const STALE_HIGH = 0x7ff0_0000;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** Whether the value at `index` is the staleness marker. By its bits: any other NaN is a value. */
export function isStaleMarker(values: Float64Array, index: number): boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset + index * 8, 2);
  return words[0] === STALE_LOW && words[1] === STALE_HIGH;
}

/** Whether a number is the staleness marker, for engines that keep NaN payloads in variables, as V8 does. */
export function isStaleValue(value: number): boolean {
  if (!Number.isNaN(value)) return false;
  scratch[0] = value;
  return scratchWords[0] === STALE_LOW && scratchWords[1] === STALE_HIGH;
}

/** Writes the marker by its two words. */
export function putStaleMarker(words: Uint32Array, index: number): void {
  words[index * 2] = STALE_LOW;
  words[index * 2 + 1] = STALE_HIGH;
}
