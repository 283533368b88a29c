import { startExporterFarm, type ExporterFarm } from '@pulsekeeper/test-support';

/** How many targets with how many series each. */
export interface FarmShape {
  readonly targets: number;
  readonly series: number;
}

/** Reads `100x1000,20x5000`. @throws Error for anything else. */
export function parseShapes(text: string): FarmShape[] {
  return text.split(',').map((part) => {
    const match = /^(\d+)x(\d+)$/.exec(part);
    if (match === null) throw new Error(`a shape is written TARGETSxSERIES, such as 100x1000; got ${part}`);
    return { targets: Number(match[1]), series: Number(match[2]) };
  });
}

/** A farm of the shape, whose bodies change for a minute before they start over, memory allowing. */
export function startFarm({ targets, series }: FarmShape, gzip: boolean): Promise<ExporterFarm> {
  const variants = Math.max(2, Math.min(64, Math.floor(1_000_000 / series)));
  return startExporterFarm({ targets, series, gzip, variants, shapes: Math.min(4, targets) });
}
