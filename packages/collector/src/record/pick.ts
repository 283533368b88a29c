/** The values at some indices. */
export function pick(values: Float64Array, indices: Uint32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at += 1) picked[at] = values[indices[at] ?? 0] ?? NaN;
  return picked;
}
