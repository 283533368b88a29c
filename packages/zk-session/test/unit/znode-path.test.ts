import { expect } from 'chai';

import { isZkError } from '../../src/errors.ts';
import { canonicalPath, explainInvalidPath, fromServerPath, parentPath, toServerPath } from '../../src/znode-path.ts';

describe('znode paths', () => {
  for (const path of ['/', '/a', '/a/b', '/a.b/..c/d..', '/ä/ö ü', '/zookeeper', '/a b']) {
    it(`takes ${JSON.stringify(path)}`, () => expect(explainInvalidPath(path)).to.equal(undefined));
  }

  for (const path of [
    '',
    'a',
    'a/b',
    '/a/',
    '//',
    '/a//b',
    '/.',
    '/a/..',
    '/a/./b',
    '/\u0000',
    '/a\u001f',
    '/\u{1f600}',
  ]) {
    it(`refuses ${JSON.stringify(path)}`, () => expect(explainInvalidPath(path)).to.be.a('string'));
  }

  it('go under the chroot and come back from there', () => {
    for (const path of ['/', '/a', '/a/b']) {
      for (const chroot of ['', '/c', '/c/d'])
        expect(fromServerPath(chroot, toServerPath(chroot, path))).to.equal(path);
    }
    expect(toServerPath('/c', '/')).to.equal('/c');
    expect(toServerPath('', '/')).to.equal('/');
  });

  it('with two leading slashes begin at the root of the server, and come back as such', () => {
    expect(toServerPath('/c', '//a/b')).to.equal('/a/b');
    expect(toServerPath('', '//a/b')).to.equal('/a/b');
    expect(toServerPath('/c', '//')).to.equal('/');
    expect(fromServerPath('/c', '/a/b')).to.equal('//a/b');
    expect(fromServerPath('/c', '/cd')).to.equal('//cd');
    for (const path of ['///a', '//a/', '//a//b', '//..']) expect(() => toServerPath('/c', path), path).to.throw();
  });

  it('have one name in events, however they were named', () => {
    expect(canonicalPath('/c', '//c/a')).to.equal('/a');
    expect(canonicalPath('/c', '//c')).to.equal('/');
    expect(canonicalPath('/c', '//a')).to.equal('//a');
    expect(canonicalPath('', '//a')).to.equal('/a');
    expect(canonicalPath('/c', '/a')).to.equal('/a');
  });

  it('that are invalid are BadArguments, with the path', () => {
    expect(() => toServerPath('/c', 'a'))
      .to.throw()
      .that.satisfies((error: unknown) => {
        return isZkError(error, 'BadArguments') && error.path === 'a' && !error.retryable;
      });
  });

  it('have a parent, except the root', () => {
    expect(parentPath('/a/b')).to.equal('/a');
    expect(parentPath('/a')).to.equal('/');
    expect(parentPath('/')).to.equal(undefined);
  });
});
