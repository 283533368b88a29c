import { expect } from 'chai';

import type { Explanation } from '../../../src/commands/explain.ts';
import { printExplanation } from '../../../src/commands/explain-screen.ts';
import { printMatrix } from '../../../src/commands/query-table.ts';
import { sampleLine } from '../../../src/commands/tail.ts';
import { printStatus } from '../../../src/commands/status-screen.ts';
import { targetColumns } from '../../../src/commands/targets.ts';
import { displayWidth } from '../../../src/output/display-width.ts';
import { LiveScreen } from '../../../src/output/live-screen.ts';
import { Output } from '../../../src/output/output.ts';
import { wrapText } from '../../../src/output/wrap-text.ts';
import { toMatrix } from '../../../src/query/matrix.ts';
import { listCollectors } from '../../../src/views/collector-list.ts';
import { readServerAnswer, silentServer } from '../../../src/views/ensemble.ts';
import type { StatusReport } from '../../../src/views/status-report.ts';
import { listTargets } from '../../../src/views/target-list.ts';
import { collectorRecord, heartbeat, lastReport, registeredTarget } from '../../support/model-builders.ts';
import { series } from '../../support/sampled-series.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');
const LONG = 'a-name-that-somebody-made-by-putting-everything-into-it-that-there-was-to-say-of-it-in-one-go';
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;?]*[A-Za-z]`, 'g');

/** What is drawn on a terminal of so many columns, without its colours. */
function drawn(columns: number, print: (output: Output) => void): string[] {
  const chunks: string[] = [];
  const sink = { isTTY: true, columns, rows: 24, write: (text: string) => chunks.push(text) };
  print(new Output({ stdout: sink, stderr: sink, env: { TERM: 'xterm' }, isJson: false, isColourWanted: true }));
  return chunks.join('').replace(COLOUR, '').split(/\r?\n/);
}

const collectors = listCollectors({
  records: new Map(
    [`${LONG}-1`, `${LONG}-2`, '短い名前'].map((id) => [id, collectorRecord(id, { ring: 'f'.repeat(32) })]),
  ),
  heartbeats: [
    heartbeat(`${LONG}-1`, NOW_MS, { samplesPerSecond: 12_345_678, lagMs: 3_600_000, clockSkewMs: -86_400_000 }),
  ],
  loadOf: () => 50_000,
  targetCount: 150_000,
  nowMs: NOW_MS,
});
const failure = { reason: 'connection_refused', message: `${LONG} ${LONG}` } as const;
const targets = [`${LONG}/${LONG}`, '服务/实例', 'a/b'].map((id) => registeredTarget(id));
const entries = listTargets({
  targets,
  ownersOf: () => [LONG],
  reports: { ok: true, value: new Map(targets.map(({ id }) => [id, lastReport(NOW_MS, { up: false, failure })])) },
  heartbeats: undefined,
  nowMs: NOW_MS,
});

const STATUS: StatusReport = {
  zookeeper: {
    connectString: `${LONG}.example.com:2181,${LONG}.example.net:2181/pulsekeeper`,
    reachable: true,
    answerSeconds: 0.1,
    error: null,
    services: 1000,
    targets: 150_000,
    rejected: 7,
    servers: [
      readServerAnswer(`${LONG}.example.com:2181`, 'Mode: leader\nLatency min/avg/max: 0/0.4/12', 0.1),
      silentServer(`${LONG}.example.net:2181`, 'ECONNREFUSED'),
    ],
  },
  redis: {
    url: `redis+cluster://${LONG}:6379`,
    reachable: false,
    answerSeconds: null,
    error: `Redis at redis+cluster://${LONG} could not be reached within 5s: connect ECONNREFUSED`,
    version: null,
    usedMemoryBytes: null,
  },
  ring: { version: 'f'.repeat(16), agreed: false, deviating: [`${LONG}-1`, `${LONG}-2`] },
  collectors,
  slots: {
    windowSeconds: 300,
    expected: 3_000_000,
    written: 2_999_999,
    failed: 12_345,
    late: 0,
    missed: 1,
    doubled: 0,
    dropped: 0,
  },
  targets: { up: 149_000, down: 900, unknown: 93, rejected: 7 },
  worstTargets: entries,
  problems: [
    { severity: 'error', about: 'collector', text: `${LONG} is registered and has no fresh heartbeat in Redis` },
    { severity: 'warning', about: 'registry', text: `/services/${LONG}: interval is "0"\u001b[31m` },
  ],
};

const EXPLANATION = {
  target: entries[0]?.target,
  url: `http://10.0.0.1:9100/${LONG}?${LONG}`,
  rejected: `interval is ${LONG}`,
  registeredAt: '2026-01-31T11:59:59Z',
  registration: 'own',
  znode: `/services/${LONG}/${LONG}`,
  labels: { team: LONG, zone: LONG },
  rule: [
    { field: 'label_value_length_limit', value: 1_000_000, source: 'instance', clampedFrom: LONG },
    { field: 'params', value: { target: [LONG, LONG] }, source: 'service', clampedFrom: null },
  ],
  ring: {
    version: 'f'.repeat(16),
    owners: [LONG, LONG],
    collectors: [LONG, LONG],
    passedOver: [{ collector: LONG, targets: 9, bound: 9 }],
  },
  attempts: [
    {
      slot: '2026-01-31T12:00:00.123Z',
      attempts: [
        { startSeconds: 0.002, durationSeconds: 59.999, error: `timeout: ${LONG}` },
        { startSeconds: 60.1, durationSeconds: 0.01, error: null },
      ],
    },
  ],
  nextSlot: '2026-01-31T12:00:00.123Z',
  phase: '14s999ms',
  slots: [
    {
      slot: '2026-01-31T12:00:00.123Z',
      up: false,
      kind: 'failure',
      delaySeconds: 12.345,
      durationSeconds: 59.999,
      attempts: 10,
      error: `timeout: ${LONG}`,
      collector: LONG,
      sizeBytes: 123_456_789,
    },
  ],
} as unknown as Explanation;

const manySeries = toMatrix(
  ['1', '2'].map((instance) =>
    series({ __name__: 'http_requests_total', service: LONG, instance }, [NOW_MS, 1e300], [NOW_MS + 15_000, -1 / 3]),
  ),
);
const oneSeries = toMatrix([series({ __name__: LONG, service: LONG }, [NOW_MS, 1e300], [NOW_MS + 15_123, -1 / 3])]);
const RANGE = { fromMs: NOW_MS, untilMs: NOW_MS + 15_123 };

const SCREENS: Readonly<Record<string, (output: Output) => void>> = {
  status: (output) => printStatus(output, STATUS, NOW_MS),
  top: (output) => {
    const { output: page, text } = output.buffered();
    printStatus(page, STATUS, NOW_MS);
    new LiveScreen(output).draw(text());
  },
  targets: (output) => output.printTable(targetColumns(NOW_MS), entries),
  explain: (output) => printExplanation(output, EXPLANATION),
  tail: (output) => {
    for (const value of ['1', '-1.7976931348623157e+308']) {
      output.printLine(sampleLine(output, NOW_MS, `${LONG}{service="${LONG}"}`, value));
    }
  },
  'query of several series': (output) => printMatrix(output, manySeries, RANGE),
  'query of one series': (output) => printMatrix(output, oneSeries, RANGE),
};

describe('on a terminal', () => {
  for (const [name, print] of Object.entries(SCREENS)) {
    for (const columns of [80, 160]) {
      it(`no line of ${name} is wider than ${columns} columns, whatever the names are`, () => {
        const lines = drawn(columns, print);
        expect(lines.length).to.be.greaterThan(2);
        expect(lines.filter((line) => displayWidth(line) > columns)).to.deep.equal([]);
      });
    }
  }

  it('obeys no control character of a name or a message', () => {
    expect(drawn(80, SCREENS['status'] ?? (() => undefined)).join('\n')).to.contain('\\u001b[31m');
  });
});

describe('wrapText', () => {
  const cases: readonly (readonly [text: string, width: number, lines: readonly string[]])[] = [
    ['', 5, ['']],
    ['abc', 5, ['abc']],
    ['abc def', 5, ['abc', 'def']],
    ['a b c d', 3, ['a b', 'c d']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['a bcdefg h', 4, ['a', 'bcde', 'fg h']],
    ['短い 名前', 4, ['短い', '名前']],
    ['短い名前', 3, ['短', 'い', '名', '前']],
  ];
  for (const [text, width, lines] of cases) {
    it(`breaks ${JSON.stringify(text)} into ${lines.length} of ${width} columns`, () => {
      expect(wrapText(text, width)).to.deep.equal(lines);
    });
  }
});
