import type { SeriesSchema } from '@pulsekeeper/model';

/** All keys of a schema at once: many times quicker than one by one. */
export function keysOf({ keys }: SeriesSchema): string[] {
  const lines = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength).toString('utf8').split('\n');
  lines.pop();
  return lines;
}
