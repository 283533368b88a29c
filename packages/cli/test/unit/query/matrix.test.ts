import { expect } from 'chai';

import { alignToStep } from '../../../src/query/align-to-step.ts';
import { toCsv } from '../../../src/query/csv.ts';
import { toMatrix } from '../../../src/query/matrix.ts';
import { sparkline } from '../../../src/query/sparkline.ts';
import { series } from '../../support/sampled-series.ts';

describe('toMatrix', () => {
  it('has the shape of the Prometheus API', () => {
    const matrix = toMatrix([series({ service: 'web', __name__: 'up' }, [1500, 1], [16_500, Number.NaN])]);
    expect(JSON.stringify(matrix)).to.equal(
      '{"resultType":"matrix","result":[{"metric":{"__name__":"up","service":"web"},"values":[[1.5,"1"],[16.5,"NaN"]]}]}',
    );
  });

  it('drops staleness markers, and series that have nothing else', () => {
    const matrix = toMatrix([
      series({ __name__: 'a' }, [1000, 1], [2000, 'stale']),
      series({ __name__: 'b' }, [1000, 'stale']),
    ]);
    expect(matrix.result).to.deep.equal([{ metric: { __name__: 'a' }, values: [[1, '1']] }]);
  });

  it('sorts series by their labels', () => {
    const labels = [{ a: '2' }, { a: '10' }, { b: '1' }, { a: '10', b: '1' }] as Record<string, string>[];
    const matrix = toMatrix(labels.map((set) => series(set, [0, 0])));
    expect(matrix.result.map(({ metric }) => metric)).to.deep.equal([
      { a: '10' },
      { a: '10', b: '1' },
      { a: '2' },
      { b: '1' },
    ]);
  });

  it('keeps a label named __proto__', () => {
    const labels = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    expect(JSON.stringify(toMatrix([series(labels, [0, 0])]).result[0]?.metric)).to.equal('{"__proto__":"x"}');
  });
});

describe('alignToStep', () => {
  const range = { fromMs: 0, untilMs: 50_000, stepMs: 10_000, lookbackMs: 25_000 };

  it('takes the latest sample at each instant within the look-back', () => {
    const aligned = alignToStep(series({}, [3_000, 1], [10_000, 2], [14_000, 3]), range);
    expect([...aligned.timestampsMs]).to.deep.equal([10_000, 20_000, 30_000]);
    expect([...aligned.values]).to.deep.equal([2, 3, 3]);
  });

  it('shows nothing after a staleness marker until the next sample', () => {
    const aligned = alignToStep(series({}, [0, 1], [5_000, 'stale'], [35_000, 2]), range);
    expect([...aligned.timestampsMs]).to.deep.equal([0, 40_000, 50_000]);
  });

  it('yields nothing for a series without samples', () => {
    expect(alignToStep(series({}), range).values).to.have.length(0);
  });
});

describe('toCsv', () => {
  it('writes one line a point and quotes what must be', () => {
    const matrix = toMatrix([
      series({ __name__: 'm', path: 'a,"b"' }, [1000, 1]),
      series({ __name__: 'm', other: 'x' }, [1250, 2]),
    ]);
    expect(toCsv(matrix)).to.equal(
      [
        'timestamp,__name__,other,path,value',
        '1970-01-01T00:00:01.250Z,m,x,,2',
        '1970-01-01T00:00:01.000Z,m,,"a,""b""",1',
        '',
      ].join('\r\n'),
    );
  });
});

describe('sparkline', () => {
  it('scales between the least and the greatest value', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).to.equal('▁▂▃▄▅▆▇█');
  });

  it('draws the means of equal runs when there are more values than columns', () => {
    expect(sparkline([0, 0, 7, 7], 2)).to.equal('▁█');
  });

  it('shows a flat series in the middle and nothing for what is not finite', () => {
    expect(sparkline([3, 3], 5)).to.equal('▄▄');
    expect(sparkline([0, Number.NaN, 7], 3)).to.equal('▁ █');
    expect(sparkline([], 5)).to.equal('');
  });
});
