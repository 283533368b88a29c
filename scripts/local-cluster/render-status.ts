import { sumFigures, type ClusterFigures, type CollectorFigures } from './cluster-figures.ts';

/** What surrounds the figures. */
export interface StatusFrame {
  readonly runningSeconds: number;
  /** Seconds until `--for` is over. */
  readonly leftSeconds?: number | undefined;
  readonly figures: ClusterFigures;
  /** Processes that ended by themselves. */
  readonly problems: readonly string[];
}

const COLUMNS = ['collector', 'state', 'targets', 'expected', 'written', 'failed', 'missed', 'samples/s'] as const;
const MOST_ERRORS = 5;

/** The live status as lines of text, without colours, for a terminal that is redrawn. */
export function renderStatus(frame: StatusFrame): string[] {
  const { figures } = frame;
  const left = frame.leftSeconds === undefined ? '' : `, ${frame.leftSeconds} s left`;
  const rows = figures.collectors.map((collector) => cells(collector.id, collector.state, collector));
  const total = cells('all', '', { ...sumFigures(figures.collectors) });
  return [
    `Pulsekeeper local cluster, running for ${frame.runningSeconds} s${left}`,
    `${figures.targets} targets of ${figures.services} services, ${figures.targetsUp} up`,
    '',
    ...table([[...COLUMNS], ...rows, total]),
    '',
    ...errorLines([...frame.problems, ...figures.errors]),
  ];
}

/** The status as one line, for output that goes to a file or a pipe. */
export function summarizeStatus({ runningSeconds, figures, problems }: StatusFrame): string {
  const { expected, written, failed, missed, samplesPerSecond } = sumFigures(figures.collectors);
  const errors = [...problems, ...figures.errors];
  return [
    `${runningSeconds} s: ${figures.collectors.length} collectors`,
    `${figures.targetsUp} of ${figures.targets} targets up`,
    `slots ${expected} expected, ${written} written, ${failed} failed, ${missed} missed`,
    `${Math.round(samplesPerSecond)} samples/s${errors.length === 0 ? '' : `, last error: ${errors[0] ?? ''}`}`,
  ].join(', ');
}

function cells(id: string, state: string, figures: Omit<CollectorFigures, 'id' | 'state'>): string[] {
  const { targets, expected, written, failed, missed, samplesPerSecond } = figures;
  return [id, state, ...[targets, expected, written, failed, missed, Math.round(samplesPerSecond)].map(String)];
}

/** Two columns of words to the left, numbers to the right. */
function table(rows: readonly string[][]): string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function errorLines(errors: readonly string[]): string[] {
  if (errors.length === 0) return ['no errors'];
  const more = errors.length - MOST_ERRORS;
  return [
    'last errors:',
    ...errors.slice(0, MOST_ERRORS).map((error) => `  ${error}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
