import type { BodyStore } from './body-store.ts';
import { ENTRY_COMMENT, ENTRY_END, ENTRY_SAMPLE, VALUE } from './scanner.ts';
import type { SeriesExemplar } from './exposition.ts';
import { readExemplar } from './read-labels.ts';
import { hashBytes } from './series-index.ts';
import { createStrictChecker } from './strict-checker.ts';
import { entryScanner } from './workspace.ts';
import type { ScanSettings, Workspace } from './workspace.ts';

/** Entries, and bytes of them, that are read in one step: about a millisecond. */
const ENTRIES_A_STEP = 512;
const BYTES_A_STEP = 32 * 1024;

/**
 * Reads a whole body into the columns, keys and metadata of the workspace, step by step.
 * @param exemplars where to put exemplars, if anywhere
 * @returns how many samples were left out as duplicates
 * @throws ParseError, LimitError
 */
export function* fullParse(
  body: BodyStore,
  settings: ScanSettings,
  exemplars: SeriesExemplar[] | undefined,
  work: Workspace,
): Generator<undefined, number> {
  const { scanner, keys, index, metadata, columns } = work;
  scanner.reset(body.bytes, body.length, settings.limits, settings.isStrict);
  keys.clear(body.length * work.keyShare);
  index.clear();
  metadata.clear(settings.format);
  columns.clear();
  const strict = settings.isStrict ? createStrictChecker(settings.format) : undefined;
  const scan = entryScanner(settings.format);
  const { maxSamples } = settings.limits;
  let duplicates = 0;
  let entriesLeft = ENTRIES_A_STEP;
  let stepEnd = BYTES_A_STEP;
  for (let entry = scan(scanner); entry !== ENTRY_END; entry = scan(scanner)) {
    if (entry === ENTRY_SAMPLE) {
      const start = keys.length;
      keys.write(scanner);
      if (index.add(keys.buffer, start, keys.length, hashBytes(keys.buffer, start, keys.length))) {
        if (exemplars !== undefined && scanner.hasExemplar) {
          exemplars.push({ index: columns.size, ...readExemplar(scanner) });
        }
        const { numbers, valueStart, timestampMs } = scanner;
        columns.push(numbers[VALUE] ?? NaN, valueStart, timestampMs);
      } else {
        keys.length = start;
        duplicates++;
      }
      if (columns.size + duplicates > maxSamples) scanner.exceed('samples', maxSamples, scanner.entryStart);
    } else if (entry !== ENTRY_COMMENT) metadata.add(scanner, entry);
    strict?.check(scanner, entry);
    if (--entriesLeft === 0 || scanner.position >= stepEnd) {
      entriesLeft = ENTRIES_A_STEP;
      stepEnd = scanner.position + BYTES_A_STEP;
      yield;
    }
  }
  strict?.finish(scanner);
  return duplicates;
}
