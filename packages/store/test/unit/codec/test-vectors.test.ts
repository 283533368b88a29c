import { expect } from 'chai';
import { FAILURE_REASONS } from '@pulsekeeper/model';
import { readFileSync } from 'node:fs';
import { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import { encodeEnd } from '../../../src/codec/chain-encoder.ts';
import { CorruptFrame } from '../../../src/errors.ts';
import { decodeWith, frameOf, newEncoder, schemaOf } from './chain-support.ts';

const document = readFileSync(new URL('../../../../../docs/frame-format.md', import.meta.url), 'utf8');

/** What the document's example is made of, frame by frame; `undefined` is a failed scrape. */
const SCRAPES = [
  { a: 1, 'b{x="1"}': 0.25, c: Math.PI },
  { a: 2, 'b{x="1"}': 0.25, c: Number.NaN },
  undefined,
  { a: 4, 'b{x="1"}': -0, c: Infinity, d: 7 },
  { a: 4, c: Infinity, d: 8 },
];

function example() {
  const encoder = newEncoder();
  const frames = SCRAPES.map((samples, index) => {
    const frame = encoder.encode(frameOf(index + 1, samples));
    return { ...frame, bytes: Buffer.from(frame.bytes) };
  });
  return [...frames, encodeEnd(90_000)];
}

/** Rows of the document's table of frames: slot, bytes as hexadecimal digits, values by series. */
function rows(): { slotMs: number; hex: string; values: string }[] {
  return [...document.matchAll(/^\| (\d+) +\| `([0-9a-f ]+)` +\| (.*?) *\|$/gm)].map(([, slot, hex, values]) => ({
    slotMs: Number(slot),
    hex: hex!.replaceAll(' ', ''),
    values: values!,
  }));
}

describe('docs/frame-format.md', () => {
  it('shows the very bytes that the codec writes', () => {
    expect(rows().map(({ slotMs, hex }) => [slotMs, hex])).to.deep.equal(
      example().map(({ slotMs, bytes }) => [slotMs, Buffer.from(bytes).toString('hex')]),
    );
  });

  it('shows the values that the codec reads from them', () => {
    const frames = example();
    const decoder = new ChainDecoder();
    for (const [index, { values }] of rows().entries()) {
      const { kind } = decodeWith(decoder, frames[index]!, new Map());
      if (kind !== 'key' && kind !== 'delta') continue;
      const shown: string[] = [];
      const keys = decoder.schemas.flatMap((schema) => [...Array(schema.size).keys()].map((at) => schema.keyAt(at)));
      for (const [column, key] of keys.entries()) {
        const value = decoder.state.values[column]!;
        if (decoder.isPresent(column)) shown.push(`\`${key}\` ${Object.is(value, -0) ? '-0' : value}`);
      }
      expect(values).to.equal(shown.join(', '));
    }
  });

  it('shows the ids of the schemas', () => {
    expect(document).to.include(schemaOf(['a', 'b{x="1"}', 'c']).id);
    expect(document).to.include(schemaOf(['d']).id);
  });

  it('lists the reasons of failures by their code', () => {
    const listed = [...document.matchAll(/^ *(\d+) ([a-z_]+)$/gm)].map(([, code, reason]) => [Number(code), reason]);
    expect(listed).to.deep.equal(FAILURE_REASONS.map((reason, code) => [code, reason]));
  });
});

describe('ways of waking groups', () => {
  it('are three: the fourth is corrupt', () => {
    const encoder = newEncoder();
    const key = encoder.encode(frameOf(1, { a: 1 }));
    const bytes = Buffer.from(key.bytes);
    // The only group is not active in a first frame: its way of waking is the first thing in the only block.
    bytes[bytes.length - blockLength(bytes)]! |= 3;
    const decode = (): unknown => new ChainDecoder().decode(bytes, key.slotMs, key.schemas);
    expect(decode).to.throw(CorruptFrame, /3 is no way of waking/);
  });
});

/** The length of the last block, which is preceded by it in one byte. */
function blockLength(bytes: Buffer): number {
  for (let length = 1; length < bytes.length; length++) if (bytes[bytes.length - length - 1] === length) return length;
  throw new RangeError('no block');
}
