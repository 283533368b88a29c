import { expect } from 'chai';

import { printMatrix } from '../../../src/commands/query-table.ts';
import { displayWidth } from '../../../src/output/display-width.ts';
import { Output } from '../../../src/output/output.ts';
import { splitCommonLabels } from '../../../src/query/common-labels.ts';
import { toMatrix } from '../../../src/query/matrix.ts';
import { series } from '../../support/sampled-series.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

const requests = toMatrix(
  ['200', '404', '500'].map((code, index) =>
    series(
      {
        __name__: 'http_requests_total',
        code,
        instance: 'web-1',
        job: 'a-service-with-a-rather-long-name-of-its-own',
        service: 'web',
      },
      ...Array.from({ length: 20 }, (_, at): [number, number] => [NOW_MS + at * 15_000, 1234.5678 * (index + 1) + at]),
    ),
  ),
);

function drawn(columns: number | undefined, matrix = requests): string[] {
  const chunks: string[] = [];
  const sink = { isTTY: columns !== undefined, columns, write: (text: string) => chunks.push(text) };
  const output = new Output({
    stdout: sink,
    stderr: sink,
    env: { NO_COLOR: '1' },
    isJson: false,
    isColourWanted: true,
  });
  printMatrix(output, matrix, { fromMs: NOW_MS, untilMs: NOW_MS + 300_000 });
  return chunks.join('').trimEnd().split('\n');
}

describe('printMatrix', () => {
  it('shows what the series have alike once, and of each what tells it from the others, with its plot', () => {
    const lines = drawn(80);
    expect(lines.slice(0, 2).join('')).to.contain('http_requests_total{').and.to.contain('service="web"}');
    const header = lines.findIndex((line) => line.startsWith('SERIES'));
    expect(lines[header]).to.match(/^SERIES +POINTS +LATEST .*PLOT +MIN … MAX$/);
    expect(lines[header + 1]).to.match(/^\{code="200"\} +20 +1253\.5678 +.*▁.*█ +1235 … 1254$/);
    expect(lines[header + 3]).to.match(/^\{code="500"\}/);
  });

  it('keeps the plot on a terminal of 40 columns', () => {
    const lines = drawn(40);
    expect(lines.filter((line) => displayWidth(line) > 40)).to.deep.equal([]);
    expect(lines.join('\n')).to.match(/\{code="404"\} +\S+ +▁\S*█/);
  });

  it('tells series apart whose names must be cut', () => {
    const labels = ['checkout-1', 'checkout-2', 'storefront-1'].map((instance) => ({
      __name__: 'up',
      demo: instance === 'storefront-1' ? 'no' : 'yes',
      instance,
      service: `${instance.slice(0, -2)}-with-a-rather-long-name-of-its-own`,
    }));
    const matrix = toMatrix(labels.map((one) => series(one, [NOW_MS, 1], [NOW_MS + 1000, 2])));
    const lines = drawn(80, matrix);
    expect(lines.filter((line) => line.includes('▁█'))).to.have.length(3);
    for (const { instance } of labels) {
      expect(lines.filter((line) => line.includes(`instance="${instance}"`))).to.have.length(1);
    }
  });

  it('writes every series in full to a file', () => {
    const lines = drawn(undefined);
    expect(lines[0]).to.match(/^SERIES +POINTS +LATEST +AT$/);
    expect(lines[1]).to.contain('http_requests_total{code="200",instance="web-1",job="a-service-with');
  });

  it('tells between which values the plot of a single series lies', () => {
    const one = toMatrix([series({ __name__: 'up' }, [NOW_MS, 0.25], [NOW_MS + 1000, Number.NaN], [NOW_MS + 2000, 4])]);
    expect(drawn(80, one)[2]).to.equal('min … max: 0.25 … 4');
    const none = toMatrix([series({ __name__: 'up' }, [NOW_MS, Number.NaN])]);
    expect(drawn(80, none)[2]).to.equal('min … max: -');
  });
});

describe('splitCommonLabels', () => {
  it('takes out what all have alike', () => {
    expect(
      splitCommonLabels([
        { a: '1', b: '2', c: '3' },
        { a: '1', b: '3' },
      ]),
    ).to.deep.equal({ common: { a: '1' }, differing: [{ b: '2', c: '3' }, { b: '3' }] });
    expect(splitCommonLabels([])).to.deep.equal({ common: {}, differing: [] });
  });
});
