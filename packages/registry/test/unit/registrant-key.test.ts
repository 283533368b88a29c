import { hostname } from 'node:os';
import { expect } from 'chai';
import {
  createRegistrantKey,
  holdRegistrantKey,
  parseRegistrantKey,
  processSurroundings,
} from '../../src/registrant-key.ts';

describe('a registrant key', () => {
  it('names host and process and differs each time', () => {
    const [one, two] = [createRegistrantKey(), createRegistrantKey()];
    expect(parseRegistrantKey(one)).to.include({ host: hostname().slice(0, 80), pid: process.pid });
    expect(one).to.not.equal(two);
  });

  it('can be taken apart and fits a znode, whatever the host calls itself', () => {
    for (const host of ['', 'a/b', 'ho st\n', 'x'.repeat(300), 'büro', '[::1]']) {
      const key = createRegistrantKey(host);
      expect(parseRegistrantKey(key), host).to.include({ pid: process.pid });
      expect(key.length).to.be.at.most(120);
      expect(key).to.match(/^[\w.:/-]+$/);
    }
  });

  it('is opaque in any other form', () => {
    for (const key of ['', 'abc', 'h/1', 'h/x/y', 'h/1/2/3', '/1/2']) {
      expect(parseRegistrantKey(key), key).to.equal(undefined);
    }
  });

  it('is held as often as it is taken', () => {
    const [one, two] = [holdRegistrantKey('k'), holdRegistrantKey('k')];
    one();
    one();
    expect(processSurroundings.isHeldHere('k')).to.equal(true);
    two();
    expect(processSurroundings.isHeldHere('k')).to.equal(false);
  });

  it('knows living processes from those that are gone', () => {
    expect(processSurroundings.isAlive(process.pid)).to.equal(true);
    expect(processSurroundings.isAlive(1)).to.equal(true);
    expect(processSurroundings.isAlive(0x7fff_fff0)).to.equal(false);
  });
});
