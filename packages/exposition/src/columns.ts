const INITIAL_ROWS = 1024;

/**
 * Growing columns of the series of one body, reused from body to body.
 * Besides values and timestamps it notes where in the body the values stand, which is what makes the next parse cheap.
 */
export class Columns {
  values = new Float64Array(INITIAL_ROWS);
  timestampsMs = new Float64Array(INITIAL_ROWS);
  /** First byte of each value. */
  valueStarts = new Uint32Array(INITIAL_ROWS);
  size = 0;
  timestampCount = 0;

  clear(): void {
    this.size = 0;
    this.timestampCount = 0;
  }

  push(value: number, valueStart: number, timestampMs: number): void {
    const row = this.size;
    if (row === this.values.length) this.#grow();
    this.values[row] = value;
    this.valueStarts[row] = valueStart;
    this.timestampsMs[row] = timestampMs;
    if (!Number.isNaN(timestampMs)) this.timestampCount++;
    this.size = row + 1;
  }

  #grow(): void {
    const rows = this.values.length * 2;
    this.values = extend(this.values, new Float64Array(rows));
    this.timestampsMs = extend(this.timestampsMs, new Float64Array(rows));
    this.valueStarts = extend(this.valueStarts, new Uint32Array(rows));
  }
}

function extend<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
