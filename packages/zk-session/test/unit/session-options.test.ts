import { expect } from 'chai';

import { normalizeSessionOptions, type ZkSessionOptions } from '../../src/session-options.ts';

describe('normalizeSessionOptions', () => {
  it('fills in the defaults', () => {
    const options = normalizeSessionOptions({ connectString: 'h1/a' });
    expect(options).to.include({
      sessionTimeoutMs: 6000,
      connectTimeoutMs: 10_000,
      operationTimeoutMs: 6000,
      chroot: '/a',
    });
    expect(normalizeSessionOptions({ connectString: 'h1', sessionTimeoutMs: 2000 }).operationTimeoutMs).to.equal(2000);
  });

  const refused: [title: string, options: Partial<ZkSessionOptions>, named: RegExp][] = [
    ['a session timeout of 0', { sessionTimeoutMs: 0 }, /sessionTimeoutMs.*0/],
    ['a session timeout that is no number', { sessionTimeoutMs: NaN }, /sessionTimeoutMs.*NaN/],
    ['a time that no timer can keep', { operationTimeoutMs: 2 ** 31 }, /operationTimeoutMs/],
    ['an endless connect timeout', { connectTimeoutMs: Infinity }, /connectTimeoutMs/],
    ['an ACL of the creator without credentials', { acl: 'creator-all-world-read' }, /creator-all-world-read.*auth/],
    ['a connect string with a bad port', { connectString: 'h1:99999' }, /99999/],
  ];
  for (const [title, options, named] of refused) {
    it(`refuses ${title}, naming it`, () => {
      expect(() => normalizeSessionOptions({ connectString: 'h1', ...options })).to.throw(named);
    });
  }

  it('takes an ACL of the creator with credentials, or with a client certificate', () => {
    const auth = { scheme: 'digest', credentials: 'a:b' };
    expect(normalizeSessionOptions({ connectString: 'h1', acl: 'creator-all', auth }).auth).to.deep.equal([auth]);
    expect(normalizeSessionOptions({ connectString: 'h1', acl: 'creator-all', tls: { cert: 'pem' } }).acl).to.equal(
      'creator-all',
    );
  });
});
