import { formatAge, formatSpan } from '../output/format-age.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import type { CollectorEntry } from '../views/collector-list.ts';
import { describeServer } from '../views/ensemble.ts';
import type { StatusReport } from '../views/status-report.ts';
import { targetColumns } from './targets.ts';

/** Prints a status on one screen: servers, ring, collectors, slots, the worst targets, what is wrong. */
export function printStatus(output: Output, report: StatusReport, nowMs: number): void {
  const { palette } = output;
  for (const [name, value, isGood] of headLines(report)) {
    output.printParagraph(`${name.padEnd(10)} `, value, isGood ? undefined : palette.bad);
  }
  if (report.collectors.length > 0) {
    output.printLine();
    output.printTable(collectorColumns(nowMs), report.collectors);
  }
  if (report.worstTargets.length > 0) {
    output.printLine();
    output.printTable(targetColumns(nowMs), report.worstTargets);
  }
  if (report.problems.length > 0) {
    output.printLine();
    for (const { severity, text } of report.problems) {
      const paint = severity === 'error' ? palette.bad : palette.warning;
      output.printParagraph('', `${severity}: ${text}`, paint);
    }
  }
}

/** The columns of the collectors; `collectors` shows the same. */
export function collectorColumns(nowMs: number): readonly Column<CollectorEntry>[] {
  return [
    { header: 'COLLECTOR', value: ({ collector }) => collector, minWidth: 12, cut: 'middle' },
    {
      header: 'STATE',
      value: ({ state }) => state,
      paint: ({ state }, palette) => (state === 'active' ? palette.good : palette.warning),
    },
    { header: 'TARGETS', value: ({ targets }) => show(targets), align: 'right' },
    {
      header: 'SHARE',
      value: ({ share }) => (share === null ? '-' : `${(share * 100).toFixed(1)}%`),
      align: 'right',
      dropOrder: 2,
    },
    { header: 'SAMPLES/S', value: ({ samplesPerSecond }) => show(samplesPerSecond, 0), align: 'right' },
    {
      header: 'LAG',
      value: ({ lagSeconds }) => (lagSeconds === null ? '-' : formatSpan(lagSeconds * 1000)),
      align: 'right',
    },
    {
      header: 'SKEW',
      value: ({ clockSkewSeconds }) => (clockSkewSeconds === null ? '-' : `${Math.round(clockSkewSeconds * 1000)}ms`),
      align: 'right',
      dropOrder: 3,
    },
    { header: 'MISSED', value: ({ slots }) => show(slots?.missed), align: 'right' },
    { header: 'RING', value: ({ ring }) => ring?.slice(0, 8) ?? '-', dropOrder: 4 },
    {
      header: 'SEEN',
      value: ({ lastSeen }) => formatAge(lastSeen === null ? undefined : Date.parse(lastSeen), nowMs),
      align: 'right',
      dropOrder: 1,
    },
  ];
}

function headLines(report: StatusReport): (readonly [name: string, value: string, isGood: boolean])[] {
  const { zookeeper, redis, ring, slots, targets } = report;
  const rejected = zookeeper.rejected === null || zookeeper.rejected === 0 ? '' : `, ${zookeeper.rejected} rejected`;
  return [
    [
      'zookeeper',
      zookeeper.reachable
        ? `${zookeeper.connectString}: ${show(zookeeper.services)} services, ${show(zookeeper.targets)} targets${rejected}`
        : (zookeeper.error ?? 'away'),
      zookeeper.reachable,
    ],
    [
      'ensemble',
      zookeeper.servers.map(describeServer).join(', '),
      zookeeper.servers.every(({ serving }) => serving !== false),
    ],
    ['redis', redis.reachable ? describeRedis(redis) : (redis.error ?? 'away'), redis.reachable],
    ['ring', describeRing(ring, report.collectors.length), ring.agreed !== false],
    [
      'slots',
      slots === null ? 'not known while Redis is away' : describeSlots(slots),
      slots === null || slots.missed === 0,
    ],
    ...(targets === null
      ? []
      : [
          [
            'targets',
            `${targets.up} up, ${targets.down} down, ${targets.unknown} unknown, ${targets.rejected} rejected`,
            targets.down === 0,
          ] as const,
        ]),
  ];
}

function describeRedis({ url, version, usedMemoryBytes }: StatusReport['redis']): string {
  const memory = usedMemoryBytes === null ? '' : `, ${(usedMemoryBytes / 1_048_576).toFixed(1)} MiB used`;
  return `${url}${version === null ? '' : `: Redis ${version}${memory}`}`;
}

function describeRing({ version, agreed, deviating }: StatusReport['ring'], collectorCount: number): string {
  if (agreed === null) {
    return 'not known while neither ZooKeeper nor a collector can be asked';
  }
  const name = version ?? 'not known while ZooKeeper is away';
  if (!agreed) {
    return `${name}, not agreed by ${deviating.join(', ')}`;
  }
  return `${name}, ${collectorCount === 0 ? 'no collector works by it' : 'all collectors agree'}`;
}

function describeSlots({
  windowSeconds,
  expected,
  written,
  failed,
  missed,
}: NonNullable<StatusReport['slots']>): string {
  const span =
    windowSeconds === null ? 'since the collectors started' : `in the last ${formatSpan(windowSeconds * 1000)}`;
  return `${expected} expected, ${written} written (${failed} as down), ${missed} missed ${span}`;
}

function show(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined) {
    return '-';
  }
  return digits === undefined ? String(value) : value.toFixed(digits);
}
