import type { Output } from '../output/output.ts';
import { describeReason } from '../views/owner-reason.ts';
import type { Explanation } from './explain.ts';

/** Prints an explanation for people: what is scraped, by whom, by which rule, and how the latest slots went. */
export function printExplanation(output: Output, explanation: Explanation): void {
  const { palette } = output;
  for (const [name, value] of headLines(explanation)) {
    output.printParagraph(`${name.padEnd(10)} `, value);
  }
  if (explanation.rejected !== null) {
    output.printParagraph('', `rejected: ${explanation.rejected}`, palette.bad);
  }
  if (explanation.rule.length > 0) {
    output.printLine();
    output.printTable(
      [
        { header: 'FIELD', value: ({ field }) => field },
        { header: 'VALUE', value: ({ value }) => show(value), minWidth: 12 },
        { header: 'FROM', value: ({ source }) => source },
        {
          header: 'ASKED FOR',
          value: ({ clampedFrom }) => (clampedFrom === null ? '' : show(clampedFrom)),
          minWidth: 9,
        },
      ],
      // Each label and each parameter has a row of its own.
      explanation.rule.filter(({ field, value }) => !isMap(value) || !explanation.rule.some(isPartOf(field))),
    );
  }
  if (explanation.slots !== null && explanation.slots.length > 0) {
    output.printLine();
    output.printTable(
      [
        { header: 'SLOT', value: ({ slot }) => slot },
        { header: 'DELAY', value: ({ delaySeconds }) => `${delaySeconds.toFixed(3)}s`, align: 'right', dropOrder: 2 },
        { header: 'TOOK', value: ({ durationSeconds }) => `${durationSeconds.toFixed(3)}s`, align: 'right' },
        { header: 'TRIES', value: ({ attempts }) => String(attempts), align: 'right' },
        {
          header: 'OUTCOME',
          value: ({ kind, up }) => (kind === 'end' ? 'left' : up ? 'up' : 'down'),
          paint: ({ up }, paints) => (up ? paints.good : paints.bad),
        },
        { header: 'BYTES', value: ({ sizeBytes }) => String(sizeBytes), align: 'right', dropOrder: 1 },
        { header: 'BY', value: ({ collector }) => collector ?? '-', minWidth: 8, cut: 'middle' },
        { header: 'ERROR', value: ({ error }) => error ?? '', minWidth: 10 },
      ],
      explanation.slots,
    );
  }
  printAttempts(output, explanation);
}

function printAttempts(output: Output, { attempts, ring }: Explanation): void {
  if (attempts === null) {
    const owner = ring.owners[0];
    const text = `the single attempts are known to ${owner ?? 'the owner'} alone, whose status page could not be had from here`;
    output.printLine();
    output.printParagraph('', text, output.palette.dim);
    return;
  }
  const rows = attempts.flatMap(({ slot, attempts: all }) =>
    all.map((attempt, index) => ({ ...attempt, slot, number: index + 1 })),
  );
  if (rows.length > 0) {
    output.printLine();
    output.printTable(
      [
        { header: 'SLOT', value: ({ slot }) => slot },
        { header: 'ATTEMPT', value: ({ number }) => String(number), align: 'right' },
        { header: 'AFTER', value: ({ startSeconds }) => `${startSeconds.toFixed(3)}s`, align: 'right' },
        { header: 'TOOK', value: ({ durationSeconds }) => `${durationSeconds.toFixed(3)}s`, align: 'right' },
        {
          header: 'OUTCOME',
          value: ({ error }) => error ?? 'up',
          paint: ({ error }, paints) => (error === null ? paints.good : paints.bad),
          minWidth: 10,
        },
      ],
      rows,
    );
  }
}

function headLines(explanation: Explanation): (readonly [name: string, value: string])[] {
  const { target, url, registeredAt, registration, znode, labels, ring, nextSlot, phase } = explanation;
  const [owner, ...backups] = ring.owners;
  const owners = `${owner ?? 'nobody'}${backups.length > 0 ? `, then ${backups.join(', ')}` : ''}`;
  const labelText = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return [
    ['target', target],
    ['url', url ?? '-'],
    ['registered', `${registeredAt ?? '-'} at ${znode}${registration === 'own' ? '' : ` (${registration})`}`],
    ['labels', labelText.join(', ') || '-'],
    ['owner', `${owners}; ring ${ring.version} of ${ring.collectors.length} collectors`],
    ...(owner === undefined ? [] : [['why', describeReason(ring.passedOver)] as const]),
    ['next slot', nextSlot === null ? '-' : `${nextSlot} (phase ${String(phase)})`],
  ];
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPartOf(field: string): (row: { readonly field: string }) => boolean {
  return (row) => row.field.startsWith(`${field}.`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
