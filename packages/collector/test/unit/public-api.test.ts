import { expect } from 'chai';

import * as api from '../../src/index.ts';

describe('the public API', () => {
  it('is exactly this', () => {
    expect(Object.keys(api).sort()).to.deep.equal([
      'Collector',
      'CollectorError',
      'DEFAULT_COLLECTOR_OPTIONS',
      'OWN_SERVICE',
      'defaultHandoverMs',
    ]);
  });
});
