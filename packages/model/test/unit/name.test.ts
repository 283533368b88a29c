import { expect } from 'chai';
import fc from 'fast-check';
import {
  explainInvalidName,
  InvalidNameError,
  isValidName,
  parseTargetId,
  splitTargetId,
  targetId,
} from '../../src/index.ts';

describe('isValidName', () => {
  for (const name of [
    'a',
    'web-1',
    '10.0.0.1:9100',
    'Grüße',
    'a b',
    '中文',
    'x'.repeat(200),
    '...',
    'a{b}',
    '__proto__',
  ]) {
    it(`takes ${JSON.stringify(name.slice(0, 30))}`, () => {
      expect(explainInvalidName(name)).to.equal(undefined);
    });
  }

  const bad = [
    '',
    '.',
    '..',
    'zookeeper',
    'a/b',
    '/',
    'a\0b',
    'a\nb',
    'a\rb',
    'a\tb',
    'a\x7fb',
    'a\x9bb',
    'a\u202eb',
    'a\ufeffb',
  ].concat([' a', 'a ', '\ud800', 'a😀', '\ue000', '\ufffd', 'x'.repeat(201)]);
  for (const name of bad) {
    it(`refuses ${JSON.stringify(name.slice(0, 30))} in words without control characters`, () => {
      expect(isValidName(name)).to.equal(false);
      expect(explainInvalidName(name)).to.match(/^[^\p{Cc}\p{Surrogate}]{10,300}$/u);
    });
  }
});

describe('targetId', () => {
  const name = fc.string({ minLength: 1, maxLength: 20 }).filter(isValidName);

  it('is undone by splitTargetId, and parseTargetId reads it', () => {
    fc.assert(
      fc.property(name, name, (service, instance) => {
        const id = targetId(service, instance);
        expect(splitTargetId(id)).to.deep.equal({ service, instance });
        expect(parseTargetId(id)).to.equal(id);
      }),
    );
  });

  for (const text of ['', 'web', 'web/', '/a', 'web/a/b', 'web/..', 'zookeeper/a']) {
    it(`parseTargetId refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseTargetId(text))
        .to.throw(InvalidNameError)
        .with.property('code', 'InvalidName');
    });
  }
});
