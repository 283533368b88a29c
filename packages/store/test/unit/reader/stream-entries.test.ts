import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { streamEntries } from '../../../src/reader/stream-entries.ts';

type Entry = readonly [id: string, ...texts: string[]];

function bulk(text: string): string {
  return `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;
}

/** The bytes of a reply of `XRANGE`. */
function replyOf(entries: readonly Entry[]): Buffer {
  const parts = entries.map(([id, ...texts]) => `*2\r\n${bulk(id)}*${texts.length}\r\n${texts.map(bulk).join('')}`);
  return Buffer.from(`*${entries.length}\r\n${parts.join('')}`, 'latin1');
}

function decodedOf(entries: readonly Entry[]): unknown {
  return entries.map(([id, ...texts]) => [Buffer.from(id), texts.map((text) => Buffer.from(text, 'latin1'))]);
}

describe('entries of a stream', () => {
  const entries: Entry[] = [
    ['1764100005000-0', 'f', 'a frame'],
    ['1764100020000-0', 'f', '\r\n*1\r\n$\xff'],
    ['1764100035000-0', 'f', ''],
    ['1764100035000-1', 'f', '\x14', 'g', 'another field'],
  ];

  for (const [name, reply] of [
    ['bytes', replyOf(entries)],
    ['decoded', decodedOf(entries)],
  ] as const) {
    it(`are taken from a reply that came as ${name}`, () => {
      const found = streamEntries(reply).map(({ id, slotMs, isEnd, bytes }) => [id, slotMs, isEnd, String(bytes)]);
      expect(found).to.deep.equal(
        entries.map(([id, , frame = '']) => [
          id,
          Number.parseInt(id, 10),
          id.endsWith('-1'),
          String(Buffer.from(frame, 'latin1')),
        ]),
      );
    });
  }

  it('may be none, and one without fields is passed over', () => {
    expect(streamEntries(replyOf([]))).to.deep.equal([]);
    expect(streamEntries(replyOf([['1-0'], ['2-0', 'f', 'x']])).map(({ id }) => id)).to.deep.equal(['2-0']);
  });

  for (const text of ['', ':0\r\n', '*1\r\n:1\r\n', '*1\r\n*3\r\n', '$1\r\nx\r\n', '*2\r\n*2\r\n$1\r\n1\r\n*0\r\n']) {
    it(`are refused from ${JSON.stringify(text)}`, () => {
      expect(() => streamEntries(Buffer.from(text)))
        .to.throw(StoreError)
        .with.property('code', 'Unknown');
    });
  }

  it('are refused from a reply that is no array', () => {
    expect(() => streamEntries(0)).to.throw(StoreError);
  });
});
