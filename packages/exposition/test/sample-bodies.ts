import type { ExpositionFormat } from '../src/index.ts';

/** Small bodies that between them use every part of the formats. */
export const SAMPLE_BODIES: readonly (readonly [format: ExpositionFormat, text: string])[] = [
  [
    'prometheus-text',
    `# HELP jobs_total Jobs done, by \\\\kind\\n and outcome.
# TYPE jobs_total counter
jobs_total{kind="mail",outcome="ok"} 1027
jobs_total{outcome="failed",kind="mail"} 3
jobs_total{ kind = "print" , outcome = "ok", } 17 1395066363000

# A comment.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 24
wait_seconds_bucket{le="+Inf"} 30
wait_seconds_sum 17.560473
wait_seconds_count 30
temperature{path="C:\\\\DIR\\\\",note="two\\nlines \\"quoted\\""}	-3.5e-2
{"queue.depth","zone.name"="north"} 12
no_labels NaN
also_none +Inf
empty_label{a="",b="x"} 0
duplicate 1
duplicate 2
last 0.1`,
  ],
  [
    'prometheus-text',
    `# TYPE fs gauge
fs{device="a"} 1 1700000000000
fs{device="b"} 2 1700000000001
fs{device="c"} 3
fs{device="d",mount="/é"} 12345678901234567 1700000000003
`,
  ],
  [
    'openmetrics',
    `# TYPE jobs counter
# UNIT jobs 
# HELP jobs Jobs done.
jobs_total{kind="mail"} 1027.0 1520879607.789 # {trace="abc"} 0.67 1520879606
jobs_created{kind="mail"} 1520430000.123
jobs_total{kind="print"} 3
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="0.5"} 24 # {trace="KOO5S4vxi0o"} 0.47
wait_seconds_bucket{le="+Inf"} 30 # {trace="oHg5SJYRHA0",more="x"} 9.8 1520879607.789
wait_seconds_sum 17.560473
wait_seconds_count 30
# TYPE "odd.name" gauge
{"odd.name","the label"="x"} -4
# EOF
`,
  ],
  ['openmetrics', '# TYPE up gauge\nup 1\nup{a="b"} 0.5 12.5\n# EOF'],
];
