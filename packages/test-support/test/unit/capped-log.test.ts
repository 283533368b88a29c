import { expect } from 'chai';

import { CappedLog } from '../../src/capped-log.ts';

describe('CappedLog', () => {
  it('keeps the end and never more than its limit', () => {
    const log = new CappedLog(10);
    for (const chunk of ['aaaa', 'bbbb', 'cccc']) log.append(chunk);
    expect(log.text()).to.equal('bbbbcccc');
    log.append('0123456789abcdef');
    expect(log.text()).to.equal('6789abcdef');
  });

  it('shows the last lines', () => {
    const log = new CappedLog();
    log.append('one\ntwo\nthree\n');
    expect(log.tail(2)).to.equal('two\nthree');
  });
});
