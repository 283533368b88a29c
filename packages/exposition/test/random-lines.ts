const NAMES = ['a', 'a:b', 'long_metric_name_total', '_x', '{"a"}', '{"odd.name"}', '1a', 'é', ''];
const LABELS = [
  'a="1"',
  'b="2"',
  'aa="x"',
  'a="3"',
  'le="+Inf"',
  '__name__="x"',
  '_="y"',
  'c=""',
  'd="\\\\"',
  'e="\\x"',
  'f="é"',
  '"g.h"="i"',
  'j="k',
  'l=m',
  '"n"',
  'o="p" ',
  '1q="r"',
  `s="${'t'.repeat(40)}"`,
];
const NUMBERS = [
  '0',
  '-0',
  '1',
  '12',
  '+1',
  '1.5',
  '.5',
  '5.',
  '1e3',
  '1E-7',
  '1e999',
  '1e-999',
  'NaN',
  'nan',
  '+NaN',
  'Inf',
  '+Inf',
  '-Inf',
  '+inf',
  'Infinity',
  '0x1',
  '1_0',
  '1e',
  '--1',
  '',
  '123456789012345678',
  '0.1234567890123456789',
  '9007199254740993',
  '00012',
  '1700000000000',
  '9223372036854775808',
  '-5',
  '1.0005',
];
const TAILS = [
  '',
  '',
  '',
  '',
  ' ',
  '\t',
  ' # {a="b"} 1',
  ' # {} 0.5 7',
  ' # {a="b"} NaN NaN',
  ' # {a="b"}',
  ' x',
  '\r',
];
const OTHERS = [
  '',
  '# TYPE a counter',
  '# TYPE a gauge',
  '# HELP a help',
  '# HELP "a b" help',
  '# UNIT a_b b',
  '# comment',
  '#',
  '  ',
  '# EOF',
];

function pick(random: () => number, from: readonly string[]): string {
  return from[Math.floor(random() * from.length)] ?? '';
}

/** A line of parts of the formats, valid more often than not when `spice` is small. */
export function randomLine(random: () => number, spice: number): string {
  // The front of each list is plain.
  const some = (list: readonly string[], plain: number): string =>
    pick(random, random() < spice ? list : list.slice(0, plain));
  if (random() < 0.15) return some(OTHERS, 4);
  let line = some(NAMES, 4);
  const labels = Math.floor(random() * 4);
  if (labels > 0 && !line.startsWith('{'))
    line += `{${Array.from({ length: labels }, () => some(LABELS, 4)).join(random() < spice / 4 ? ', ' : ',')}}`;
  line += `${random() < spice / 4 ? '  ' : ' '}${some(NUMBERS, 10)}`;
  if (random() < 0.25) line += ` ${some(NUMBERS, 4)}`;
  return line + some(TAILS, 4);
}

/** The same line with another number for its value, where it has one that can be told. */
export function withOtherValue(line: string, random: () => number, spice: number): string {
  const number = pick(random, random() < spice ? NUMBERS : NUMBERS.slice(0, 10));
  return line.replace(/ \S+/, () => ` ${number}`);
}
