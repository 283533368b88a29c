// The staleness marker of Prometheus (value.StaleNaN): a NaN with this very payload says that the series ended here.
const STALE_HIGH_BITS = 0x7ff00000;
const STALE_LOW_BITS = 0x00000002;
const LOW_HALF = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** True for Prometheus's staleness marker, the NaN `0x7ff0000000000002`; any other NaN is an ordinary value. */
export function isStaleMarker(values: Float64Array, index: number): boolean {
  if (!Number.isNaN(values[index])) {
    return false;
  }
  // The bits are read through a view: a NaN's payload may not survive being passed about as a number.
  const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  return halves[index * 2 + LOW_HALF] === STALE_LOW_BITS && halves[index * 2 + 1 - LOW_HALF] === STALE_HIGH_BITS;
}

/**
 * A value as Prometheus's HTTP API writes it: the shortest decimal that reads back as the same double, `NaN`, `+Inf`,
 * `-Inf`, `-0`; an exponent of at least two digits below 1e-6 and from 1e21.
 */
export function formatSampleValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) {
    return '+Inf';
  }
  if (value === Number.NEGATIVE_INFINITY) {
    return '-Inf';
  }
  if (Object.is(value, -0)) {
    return '-0';
  }
  // JavaScript switches to exponents at the same bounds as Prometheus; only the padding of the exponent differs.
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}
