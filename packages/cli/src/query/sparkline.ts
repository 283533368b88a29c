const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Draws numbers as one line of block characters, at most `width` wide: the values are cut into `width` equal runs and
 * each shows its mean, scaled between the least and the greatest. Values that are not finite are left out; a run
 * without any shows a blank.
 */
export function sparkline(values: readonly number[], width: number): string {
  const runs = Math.min(width, values.length);
  const means: (number | undefined)[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = Math.floor((run * values.length) / runs);
    const end = Math.floor(((run + 1) * values.length) / runs);
    means.push(mean(values.slice(start, end).filter(Number.isFinite)));
  }
  const known = means.filter((value) => value !== undefined);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  return means.map((value) => (value === undefined ? ' ' : block(value, low, span))).join('');
}

function block(value: number, low: number, span: number): string {
  // A flat series sits in the middle: neither empty nor full.
  const share = span > 0 ? (value - low) / span : 0.4;
  return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? BLOCKS[0];
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
