import { expect } from 'chai';
import { finalMix, hashText, murmur3, type Hash128 } from '../../src/murmur3.ts';

const hex = (words: Hash128): string => [...words].map((word) => word.toString(16).padStart(8, '0')).join('');

function hexOf(text: string): string {
  const out: Hash128 = new Uint32Array(4);
  hashText(text, out);
  return hex(out);
}

describe('murmur3', () => {
  it('has the verification value of SMHasher for MurmurHash3 x86_128', () => {
    const results = new Uint8Array(256 * 16);
    const view = new DataView(results.buffer);
    const out: Hash128 = new Uint32Array(4);
    const key = new Uint8Array(256);
    for (let length = 0; length < 256; length += 1) {
      key[length] = length;
      murmur3(key, length, 256 - length, out);
      out.forEach((word, index) => view.setUint32(length * 16 + index * 4, word, true));
    }
    murmur3(results, results.length, 0, out);
    expect(out[0]).to.equal(0xb3ece62a);
  });
});

describe('hashText', () => {
  for (const [text, hash] of [
    ['', '00000000000000000000000000000000'],
    ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40d9af2895890dddf5'],
  ] as const) {
    it(`gives the published value for ${JSON.stringify(text)}`, () => {
      expect(hexOf(text)).to.equal(hash);
    });
  }

  for (const text of ['web/web-1', 'a'.repeat(1024), 'a'.repeat(1025), 'Grüße/中文', 'é'.repeat(2000), 'a😀']) {
    it(`hashes the UTF-8 bytes of ${JSON.stringify(text.slice(0, 12))}… (${text.length})`, () => {
      const bytes = new TextEncoder().encode(text);
      const out: Hash128 = new Uint32Array(4);
      murmur3(bytes, bytes.length, 0, out);
      expect(hexOf(text)).to.equal(hex(out));
    });
  }

  it('does not see what an earlier, longer text left behind', () => {
    const alone = hexOf('abc');
    hexOf('x'.repeat(1000));
    expect(hexOf('abc')).to.equal(alone);
  });

  it('never changes: owners depend on it', () => {
    expect(hexOf('web/web-1')).to.equal('291ab668cde31fc627c8f0f67f565044');
  });
});

describe('finalMix', () => {
  it('loses nothing: distinct words stay distinct', () => {
    expect(new Set(Array.from({ length: 10_000 }, (_, index) => finalMix(index) >>> 0)).size).to.equal(10_000);
  });
});
