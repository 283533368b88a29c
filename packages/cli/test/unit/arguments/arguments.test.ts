import { expect } from 'chai';

import { parseQueryPlan, type QueryPlan } from '../../../src/arguments/query-plan.ts';
import { parseSelectorArgument } from '../../../src/arguments/selector.ts';
import { parseTargetArgument } from '../../../src/arguments/target-argument.ts';
import { parseTargetPattern } from '../../../src/arguments/target-pattern.ts';
import { parseDurationOption, parseInstant, parseTimeRange } from '../../../src/arguments/time-range.ts';
import { parseWholeNumber } from '../../../src/arguments/whole-number.ts';
import { CliError } from '../../../src/errors.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

function refusal(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).to.be.instanceOf(CliError).and.have.property('exitCode', 2);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('parseInstant', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['now', '2026-01-31T12:00:00.000Z'],
    ['0', '2026-01-31T12:00:00.000Z'],
    ['5m', '2026-01-31T11:55:00.000Z'],
    ['1h30m', '2026-01-31T10:30:00.000Z'],
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31 08:00+02:00', '2026-01-31T06:00:00.000Z'],
    ['2026-01-31T08:00:00.250Z', '2026-01-31T08:00:00.250Z'],
    ['1769839200', '2026-01-31T06:00:00.000Z'],
    ['1769839200.5', '2026-01-31T06:00:00.500Z'],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => {
      expect(new Date(parseInstant('--since', text, NOW)).toISOString()).to.equal(expected);
    });
  }

  for (const text of [
    '',
    '5',
    '300',
    '5 minutes',
    '-5m',
    '2026-01-31',
    '2026-13-01T00:00:00Z',
    '2026-01-31T08:00:00',
    '1769839200000',
  ]) {
    it(`refuses ${JSON.stringify(text)} and says what is allowed`, () => {
      expect(refusal(() => parseInstant('--since', text, NOW))).to.match(/^--since .*5m.*Unix seconds/);
    });
  }
});

describe('parseTimeRange', () => {
  it('ends now unless told otherwise', () => {
    expect(parseTimeRange({ since: '5m' }, NOW)).to.deep.equal({ fromMs: NOW - 300_000, untilMs: NOW });
    expect(parseTimeRange({ since: '2h', until: '1h' }, NOW)).to.deep.equal({
      fromMs: NOW - 7_200_000,
      untilMs: NOW - 3_600_000,
    });
  });

  it('refuses a range without length, with both ends in the message', () => {
    expect(refusal(() => parseTimeRange({ since: '1h', until: '2h' }, NOW))).to.match(/--since 1h .*--until 2h/);
    expect(refusal(() => parseTimeRange({ since: '0' }, NOW))).to.match(/not before now/);
  });
});

describe('parseInstant', () => {
  it('refuses a day that the month does not have', () => {
    for (const text of ['2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-04-31 10:00Z']) {
      expect(refusal(() => parseInstant('--since', text, 0))).to.match(/^--since "2/);
    }
    expect(parseInstant('--since', '2024-02-29T23:59:00-05:00', 0)).to.equal(Date.UTC(2024, 2, 1, 4, 59));
  });
});

describe('parseQueryPlan', () => {
  const plan = (options: Readonly<Record<string, string>>, nowMs: number): QueryPlan =>
    parseQueryPlan({ args: [], options }, nowMs);

  it('begins at a whole multiple of the step', () => {
    expect(plan({ since: '5m', step: '1m' }, 10_030_000).range).to.deep.equal({
      fromMs: 9_780_000,
      untilMs: 10_030_000,
    });
  });

  it('keeps one instant where the step is longer than the range', () => {
    for (const nowMs of [6_000_000, 6_100_000, 6_599_999]) {
      expect(plan({ since: '5m', step: '10m' }, nowMs).range).to.deep.equal({ fromMs: 6_000_000, untilMs: nowMs });
    }
  });
});

describe('parseTargetPattern', () => {
  it('takes a target in full, or all of a service', () => {
    const [one, all] = [parseTargetPattern('web/web-1'), parseTargetPattern('web')];
    expect(['web/web-1', 'web/web-10', 'web-2/a'].map(one.matches)).to.deep.equal([true, false, false]);
    expect(['web/web-1', 'web/web-10', 'web-2/a'].map(all.matches)).to.deep.equal([true, true, false]);
  });

  it('refuses what can be neither', () => {
    for (const text of ['a/b/c', '', 'a/', '/a', '..']) {
      expect(
        refusal(() => parseTargetPattern(text)),
        text,
      ).to.contain('expected service/instance or service');
    }
  });
});

describe('parseDurationOption', () => {
  const bounds = { minMs: 100, maxMs: 60_000 };

  it('reads a duration within its bounds', () => {
    expect(parseDurationOption('--every', '2s', bounds)).to.equal(2000);
  });

  it('refuses what is none or out of bounds', () => {
    for (const text of ['', '2', '50ms', '2m', 'soon']) {
      expect(refusal(() => parseDurationOption('--every', text, bounds))).to.match(/--every .* from 100ms to 1m$/);
    }
  });
});

describe('parseWholeNumber', () => {
  it('refuses signs, fractions, exponents and what is out of bounds', () => {
    expect(parseWholeNumber('--with', '2', { min: 1, max: 5 })).to.equal(2);
    for (const text of ['', '-1', '1.5', '1e0', '0', '6', '0x1', ' 1']) {
      expect(refusal(() => parseWholeNumber('--with', text, { min: 1, max: 5 }))).to.contain('from 1 to 5');
    }
  });
});

describe('parseSelectorArgument', () => {
  it('reads names, matchers, or both', () => {
    expect(parseSelectorArgument('up')).to.have.length(1);
    expect(parseSelectorArgument('up{service="web",instance!~"a.*"}')).to.have.length(3);
  });

  it('says where the mistake is', () => {
    expect(refusal(() => parseSelectorArgument('up{'))).to.match(/^selector up\{: column \d+/);
  });

  it('suspects the shell where the quotes are missing', () => {
    expect(refusal(() => parseSelectorArgument('up{service=web}'))).to.match(/the shell took the quotes/);
  });
});

describe('parseTargetArgument', () => {
  it('wants service/instance', () => {
    expect(parseTargetArgument('web/web-1')).to.equal('web/web-1');
    expect(refusal(() => parseTargetArgument('web'))).to.contain('<service>/<instance>');
  });
});
