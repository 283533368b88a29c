import type { Exemplar } from './exposition.ts';
import { decodeString } from './label-list.ts';
import type { LabelList } from './label-list.ts';
import { EXEMPLAR_VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';

/** The exemplar of the sample that `scanner` stands on. */
export function readExemplar(scanner: Scanner): Exemplar {
  const { exemplarTimestampMs } = scanner;
  return {
    labels: readLabels(scanner.body, scanner.exemplarLabels),
    value: scanner.numbers[EXEMPLAR_VALUE] ?? NaN,
    ...(Number.isNaN(exemplarTimestampMs) ? {} : { timestampMs: exemplarTimestampMs }),
  };
}

/** Labels as an object without a prototype, so that a label may have any name. */
export function readLabels(body: Uint8Array, labels: LabelList): Record<string, string> {
  const result = Object.create(null) as Record<string, string>;
  for (let i = 0; i < labels.length; i++) {
    const name = decodeString(body, labels.nameStart(i), labels.nameEnd(i), labels.flagsOfName(i));
    result[name] = decodeString(body, labels.valueStart(i), labels.valueEnd(i), labels.flagsOfValue(i));
  }
  return result;
}
