import { expect } from 'chai';

import { mayFollow, type SessionState } from '../../src/session-state.ts';

describe('session states', () => {
  const kinds: SessionState['kind'][] = ['connecting', 'connected', 'suspended', 'lost', 'closed'];
  const allowed = new Set([
    'connecting connected',
    'connecting closed',
    'connected suspended',
    'connected lost',
    'connected closed',
    'suspended connected',
    'suspended lost',
    'suspended closed',
    'lost connected',
    'lost closed',
  ]);
  for (const current of kinds) {
    it(`that may follow ${current} are those of the table`, () => {
      for (const next of kinds) expect(mayFollow(current, next), next).to.equal(allowed.has(`${current} ${next}`));
    });
  }
});
