import { noteOutages } from '../cluster/ask-both.ts';
import { lookAtCluster } from '../cluster/look-at-cluster.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Column } from '../output/table.ts';
import { listServices, type ServiceEntry } from '../views/service-list.ts';
import type { TargetHealth } from '../views/target-list.ts';
import { healthPaint } from './health-paint.ts';

/** So many different intervals of one service are listed in the table. */
const MAX_INTERVALS_SHOWN = 3;

/** `pulsekeeper services`: every service with the health of its targets. */
export async function runServices(context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const look = await lookAtCluster(context, 'all');
  const { registry, store } = look.answers;
  if (!registry.ok) {
    throw registry.error;
  }
  noteOutages(context, look.answers);
  const { services: names, sources } = registry.value;
  const services = listServices(names, look.targets, sources);
  if (output.isJson) {
    output.printJson(services);
  } else if (services.length === 0) {
    output.note('no service is registered');
  } else {
    const hasSources = services.some(({ source }) => source !== null);
    output.printTable(hasSources ? [...COLUMNS, SOURCE_COLUMN] : COLUMNS, services);
  }
  return store.ok ? ExitCode.Good : ExitCode.Unreachable;
}

const COLUMNS: readonly Column<ServiceEntry>[] = [
  { header: 'SERVICE', value: ({ service }) => service, minWidth: 12, cut: 'middle' },
  { header: 'TARGETS', value: ({ targets }) => String(targets), align: 'right' },
  healthColumn('UP', 'up'),
  healthColumn('DOWN', 'down'),
  healthColumn('UNKNOWN', 'unknown'),
  healthColumn('REJECTED', 'rejected'),
  { header: 'SAMPLES', value: ({ samples }) => String(samples), align: 'right', dropOrder: 1 },
  { header: 'EVERY', value: ({ intervals }) => showIntervals(intervals), minWidth: 6 },
];

/** Only where there are any: most clusters have none. */
const SOURCE_COLUMN: Column<ServiceEntry> = {
  header: 'REGISTERED IN',
  value: ({ source }) => (source === null ? '' : `${source.path} (${source.kind})`),
  minWidth: 16,
  cut: 'middle',
};

function healthColumn(header: string, health: TargetHealth): Column<ServiceEntry> {
  return {
    header,
    value: (entry) => String(entry[health]),
    align: 'right',
    paint: (entry, palette) => (entry[health] === 0 ? palette.dim : healthPaint(health, palette)),
  };
}

function showIntervals(intervals: readonly string[]): string {
  const more = intervals.length > MAX_INTERVALS_SHOWN ? ', …' : '';
  return intervals.slice(0, MAX_INTERVALS_SHOWN).join(', ') + more;
}
