import { expect } from 'chai';

import { formatRuleHeader, parseRuleHeader } from '../../../src/rules/rule-header.ts';

describe('the header of a rule', () => {
  const web = { kind: 'service', service: 'web' } as const;

  it('is read as it was written', () => {
    const header = formatRuleHeader(web, 3, '2026-01-31T12:00:00Z');
    expect(header).to.equal('service web, version 3 of 2026-01-31T12:00:00Z');
    expect(parseRuleHeader(`# ${header}\ninterval: 5s\n`)).to.deep.equal({ name: 'service web', version: 3 });
    expect(parseRuleHeader(`# ${formatRuleHeader({ kind: 'defaults' }, undefined, undefined)}\n`)).to.deep.equal({
      name: 'defaults',
      version: undefined,
    });
  });

  it('is not taken for one where somebody wrote a comment', () => {
    for (const text of [
      '',
      'interval: 5s',
      '# defaults',
      '# service web',
      '# version 3',
      ' # defaults, version none',
    ]) {
      expect(parseRuleHeader(text), text).to.equal(undefined);
    }
  });
});
