import type { ExpositionFormat, MetricMetadata, MetricType } from './exposition.ts';
import { decodeString, hasBackslash, unescapeString, unescapeTextHelp } from './label-list.ts';
import { ENTRY_HELP, ENTRY_TYPE, ENTRY_UNIT } from './scanner.ts';
import type { Scanner } from './scanner.ts';

interface Family {
  name: string;
  type: MetricType;
  help: string;
  unit: string;
}

const TEXT_TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

const OPENMETRICS_TYPES: ReadonlyMap<string, MetricType> = new Map(
  (['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'] as const).map(
    (type) => [type, type],
  ),
);

/** Gathers the metadata lines of one body by family, in order of first appearance. The last line of a kind wins. */
export class MetadataTable {
  readonly #families = new Map<string, Family>();
  #isOpenMetrics = false;

  clear(format: ExpositionFormat): void {
    this.#families.clear();
    this.#isOpenMetrics = format === 'openmetrics';
  }

  /** Takes in the metadata line that `scanner` stands on. `entry` is one of the metadata entries. */
  add(scanner: Scanner, entry: number): void {
    const name = decodeString(scanner.body, scanner.nameStart, scanner.nameEnd, scanner.nameFlags);
    const family = this.#families.get(name) ?? this.#create(scanner, name);
    if (entry === ENTRY_TYPE) family.type = this.#readType(scanner);
    else if (entry === ENTRY_HELP) family.help = this.#readHelp(scanner);
    else if (entry === ENTRY_UNIT) family.unit = decodeString(scanner.body, scanner.textStart, scanner.textEnd, 0);
  }

  toArray(): MetricMetadata[] {
    return [...this.#families.values()];
  }

  #create(scanner: Scanner, name: string): Family {
    const { maxMetricFamilies } = scanner.limits;
    if (this.#families.size >= maxMetricFamilies) {
      scanner.exceed('metric_families', maxMetricFamilies, scanner.nameStart);
    }
    const family: Family = { name, type: 'unknown', help: '', unit: '' };
    this.#families.set(name, family);
    return family;
  }

  #readType(scanner: Scanner): MetricType {
    const text = decodeString(scanner.body, scanner.textStart, scanner.textEnd, 0);
    const type = (this.#isOpenMetrics ? OPENMETRICS_TYPES : TEXT_TYPES).get(text);
    return type ?? scanner.fail('invalid_type', scanner.textStart);
  }

  #readHelp(scanner: Scanner): string {
    const { body, textStart, textEnd } = scanner;
    const text = decodeString(body, textStart, textEnd, 0);
    if (!hasBackslash(body, textStart, textEnd)) return text;
    return this.#isOpenMetrics ? unescapeString(text) : unescapeTextHelp(text);
  }
}
