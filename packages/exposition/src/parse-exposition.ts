import { BodyStore } from './body-store.ts';
import type { Exemplar, ExpositionFormat, MetricMetadata } from './exposition.ts';
import { readExemplar, readLabels } from './read-labels.ts';
import { decodeString } from './label-list.ts';
import { resolveParseLimits } from './limits.ts';
import type { ParseLimits } from './limits.ts';
import { MetadataTable } from './metadata-table.ts';
import { ENTRY_COMMENT, ENTRY_END, ENTRY_SAMPLE, Scanner, VALUE } from './scanner.ts';
import { attachStartTimestamps } from './start-timestamps.ts';
import { createStrictChecker } from './strict-checker.ts';
import { entryScanner } from './workspace.ts';

/** One sample line. */
export interface Sample {
  readonly name: string;
  /** As written (unescaped), empty values included, without `__name__`. The object has no prototype. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs?: number | undefined;
  readonly exemplar?: Exemplar | undefined;
  /** When its metric began, from the `_created` sample of the same metric. OpenMetrics only. */
  readonly startTimestampMs?: number | undefined;
}

/** A body as objects. */
export interface ParsedExposition {
  /** All samples in the order of the body, `_created` ones and duplicates included. */
  readonly samples: readonly Sample[];
  readonly metadata: readonly MetricMetadata[];
}

/** How {@link parseExposition} reads. */
export interface ParseExpositionOptions {
  /** Bounds on what a body may hold. @defaultValue `DEFAULT_PARSE_LIMITS` */
  readonly limits?: ParseLimits | undefined;
  /** Refuse whatever the specifications refuse. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/**
 * Reads one body into objects: for tests and tools. A scraper uses `ExpositionParser`, which is many times cheaper.
 * @throws ParseError, LimitError
 */
export function parseExposition(
  body: Uint8Array,
  format: ExpositionFormat,
  options: ParseExpositionOptions = {},
): ParsedExposition {
  const limits = resolveParseLimits(options.limits);
  const isStrict = options.strict ?? false;
  const scanner = new Scanner();
  const store = new BodyStore();
  store.set(body);
  scanner.reset(store.bytes, store.length, limits, isStrict);
  const metadata = new MetadataTable();
  metadata.clear(format);
  const strict = isStrict ? createStrictChecker(format) : undefined;
  const scan = entryScanner(format);
  const samples: Sample[] = [];
  for (let entry = scan(scanner); entry !== ENTRY_END; entry = scan(scanner)) {
    if (entry === ENTRY_SAMPLE) {
      samples.push(readSample(scanner));
      if (samples.length > limits.maxSamples) scanner.exceed('samples', limits.maxSamples, scanner.entryStart);
    } else if (entry !== ENTRY_COMMENT) metadata.add(scanner, entry);
    strict?.check(scanner, entry);
  }
  strict?.finish(scanner);
  const families = metadata.toArray();
  return { samples: format === 'openmetrics' ? attachStartTimestamps(samples, families) : samples, metadata: families };
}

function readSample(scanner: Scanner): Sample {
  const { body, timestampMs } = scanner;
  return {
    name: decodeString(body, scanner.nameStart, scanner.nameEnd, scanner.nameFlags),
    labels: readLabels(body, scanner.labels),
    value: scanner.numbers[VALUE] ?? NaN,
    ...(Number.isNaN(timestampMs) ? {} : { timestampMs }),
    ...(scanner.hasExemplar ? { exemplar: readExemplar(scanner) } : {}),
  };
}
