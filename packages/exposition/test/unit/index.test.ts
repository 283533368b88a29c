import { expect } from 'chai';

import * as exposition from '../../src/index.ts';

describe('the public interface', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(exposition).sort()).to.deep.equal([
      'ACCEPT_HEADER',
      'ACCEPT_HEADER_TEXT_ONLY',
      'DEFAULT_PARSE_LIMITS',
      'ExpositionError',
      'ExpositionParser',
      'LimitError',
      'ParseError',
      'SPARE_BYTES',
      'SeriesPool',
      'countNewKeys',
      'formatOfContentType',
      'locateKeys',
      'parseExposition',
    ]);
  });
});
