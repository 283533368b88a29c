import { expect } from 'chai';

import { decodeChildren, decodeData, encodeMultiRead } from '../../src/multi-read.ts';

const STAT_BYTES = 68;

describe('encodeMultiRead', () => {
  it('asks for the data of each node, without a watch, and ends', () => {
    const step = (kind: number, isEnd: number): Buffer => Buffer.concat([int(kind), Buffer.from([isEnd]), int(-1)]);
    const path = (text: string): Buffer => Buffer.concat([int(Buffer.byteLength(text)), Buffer.from(text)]);
    const expected = [step(4, 0), path('/a'), Buffer.from([0]), step(4, 0), path('/ü'), Buffer.from([0]), step(-1, 1)];
    expect(encodeMultiRead(['/a', '/ü'], 'data')).to.deep.equal(Buffer.concat(expected));
  });
});

describe('decodeData', () => {
  const found = (data: string | undefined): Buffer => {
    const bytes = Buffer.from(data ?? '');
    return Buffer.concat([step(4), int(data === undefined ? -1 : bytes.length), bytes, stat(7)]);
  };
  const missing = Buffer.concat([step(-1, -101), int(-101)]);
  const end = Buffer.concat([int(-1), Buffer.from([1]), int(-1)]);

  it('tells of each node its data and stat, or why it was not read', () => {
    const outcomes = decodeData(Buffer.concat([found('xyz'), missing, found(undefined), end]), ['/a', '/b', '/c']);
    expect(outcomes).to.have.lengthOf(3);
    expect(outcomes[0]).to.have.deep.nested.property('value.data', Buffer.from('xyz'));
    expect(outcomes[0]).to.have.nested.property('value.stat.version', 7);
    expect(outcomes[1]).to.have.property('error').that.includes({ code: 'NoNode', path: '/b' });
    expect(outcomes[2]).to.have.deep.nested.property('value.data', Buffer.alloc(0));
  });

  it('takes nothing for an answer that is none', () => {
    const whole = Buffer.concat([found('xyz'), end]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeData(whole.subarray(0, length), ['/a']), `${length} bytes`).to.throw(RangeError);
    }
    expect(() => decodeData(Buffer.concat([whole, end]), ['/a'])).to.throw(RangeError, 'does not end');
    expect(() => decodeData(whole, ['/a', '/b'])).to.throw(RangeError);
    expect(() => decodeData(Buffer.concat([step(8), whole.subarray(9)]), ['/a'])).to.throw(RangeError, 'kind 8');
    const endless = Buffer.from(whole);
    endless.writeInt32BE(0x7fff_ffff, 9);
    expect(() => decodeData(endless, ['/a'])).to.throw(RangeError);
  });
});

describe('decodeChildren', () => {
  const names = (...list: string[]): Buffer => {
    const texts = list.map((name) => Buffer.concat([int(Buffer.byteLength(name)), Buffer.from(name)]));
    return Buffer.concat([step(8), int(list.length), ...texts]);
  };
  const missing = Buffer.concat([step(-1, -101), int(-101)]);
  const end = Buffer.concat([int(-1), Buffer.from([1]), int(-1)]);

  it('tells the names of each node, or why they were not read', () => {
    const outcomes = decodeChildren(Buffer.concat([names('x', 'ü'), missing, names(), end]), ['/a', '/b', '/c']);
    expect(outcomes[0]).to.deep.equal({ value: ['x', 'ü'] });
    expect(outcomes[1]).to.have.property('error').that.includes({ code: 'NoNode', path: '/b' });
    expect(outcomes[2]).to.deep.equal({ value: [] });
  });

  it('takes nothing for an answer that is none', () => {
    const whole = Buffer.concat([names('x'), end]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeChildren(whole.subarray(0, length), ['/a']), `${length} bytes`).to.throw(RangeError);
    }
    for (const length of [-1, 0x7fff_ffff]) {
      const damaged = Buffer.from(whole);
      damaged.writeInt32BE(length, 13);
      expect(() => decodeChildren(damaged, ['/a'])).to.throw(RangeError, 'a name');
    }
  });
});

function step(kind: number, code = 0): Buffer {
  return Buffer.concat([int(kind), Buffer.from([0]), int(code)]);
}

function stat(version: number): Buffer {
  const bytes = Buffer.alloc(STAT_BYTES);
  bytes.writeInt32BE(version, 32);
  return bytes;
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
