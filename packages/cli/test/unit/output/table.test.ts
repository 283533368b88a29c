import { expect } from 'chai';

import { displayWidth } from '../../../src/output/display-width.ts';
import { COLOUR_PALETTE } from '../../../src/output/palette.ts';
import { renderTable, type Column } from '../../../src/output/table.ts';

interface Row {
  readonly target: string;
  readonly samples: number;
  readonly error: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: 'TARGET', value: (row) => row.target, minWidth: 10, cut: 'middle' },
  { header: 'SAMPLES', value: (row) => String(row.samples), align: 'right', dropOrder: 1 },
  { header: 'ERROR', value: (row) => row.error, minWidth: 8 },
];
const ROWS: readonly Row[] = [
  { target: 'web/web-1', samples: 1200, error: '' },
  { target: 'checkout/checkout-7f9c6d5b4-x2x9z', samples: 7, error: 'connection refused by 10.0.0.7:9100' },
];

describe('renderTable', () => {
  it('aligns columns, numbers to the right, and leaves no blanks at line ends', () => {
    expect(renderTable(COLUMNS, ROWS)).to.equal(
      [
        'TARGET                             SAMPLES  ERROR',
        'web/web-1                             1200',
        'checkout/checkout-7f9c6d5b4-x2x9z        7  connection refused by 10.0.0.7:9100',
        '',
      ].join('\n'),
    );
  });

  for (const width of [80, 60, 40, 30]) {
    it(`fits ${width} columns`, () => {
      for (const line of renderTable(COLUMNS, ROWS, { width }).trimEnd().split('\n')) {
        expect(displayWidth(line), line).to.be.at.most(width);
      }
    });
  }

  it('drops a column only when shrinking is not enough', () => {
    expect(renderTable(COLUMNS, ROWS, { width: 40 })).to.contain('SAMPLES');
    expect(renderTable(COLUMNS, ROWS, { width: 24 })).not.to.contain('SAMPLES');
  });

  it('shows control characters instead of obeying them', () => {
    const text = renderTable(COLUMNS, [{ target: 'a\u001b[2Jb', samples: 1, error: 'two\nlines \u202e' }]);
    expect(text).to.contain('a\\u001b[2Jb').and.to.contain('two\\u000alines \\u202e');
    expect(text.split('\n')).to.have.length(3);
  });

  it('paints without changing the layout', () => {
    const painted = COLUMNS.map((column) => ({ ...column, paint: () => COLOUR_PALETTE.bad }));
    const coloured = renderTable(painted, ROWS, { palette: COLOUR_PALETTE });
    // eslint-disable-next-line no-control-regex -- takes the colours away again
    const stripped = coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '');
    expect(coloured).to.contain('\u001b[31m');
    expect(stripped).to.equal(renderTable(COLUMNS, ROWS));
  });

  it('takes 50,000 rows', () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => ({ target: `svc/${index}`, samples: index, error: '' }));
    expect(renderTable(COLUMNS, rows, { width: 80 }).split('\n')).to.have.length(50_002);
  });
});
