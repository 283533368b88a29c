import { expect } from 'chai';
import fc from 'fast-check';
import { ReplyCounter } from '../../../src/redis/counted-replies.ts';

interface Reply {
  readonly text: string;
  /** What the decoder gets when the reply may be counted. */
  readonly counted: string;
}

const plain = (text: string): Reply => ({ text, counted: text });
const integers = (values: readonly number[]): Reply => ({
  text: `*${values.length}\r\n${values.map((value) => `:${value}\r\n`).join('')}`,
  counted: `:${values.length}\r\n`,
});

const REPLIES = {
  same: integers(new Array<number>(512).fill(1_795_491_600_000)),
  two: integers([...new Array<number>(7).fill(1_795_491_600_000), 1_795_491_615_000]),
  lengths: integers([1, 23, 4, -5, 6]),
  one: integers([17]),
  // The first is as long as all that follow together, with their framing.
  lookalike: integers([12_345_678, 1, 2, 3]),
  errors: plain('*3\r\n:1795491600000\r\n-TSDB: the key does not exist\r\n:1795491600000\r\n'),
  lastIsError: plain('*2\r\n:1\r\n-ERR\r\n'),
  texts: plain('*2\r\n$4\r\n:1\r\n\r\n:2\r\n'),
  nested: plain('*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n'),
  none: plain('*0\r\n'),
  nil: plain('*-1\r\n'),
  nilText: plain('$-1\r\n'),
  error: plain('-OOM command not allowed\r\n'),
  ok: plain('+OK\r\n'),
  integer: plain(':5\r\n'),
};

/** What the decoder gets of replies that come in pieces. */
function decoded(sent: readonly { reply: Reply; mayCount: boolean }[], cuts: readonly number[]): string[] {
  const got: string[] = [];
  const counter = new ReplyCounter(
    (bytes) => got.push(bytes.toString('latin1')),
    () => sent[got.length]?.mayCount === true,
  );
  const bytes = Buffer.from(sent.map(({ reply }) => reply.text).join(''), 'latin1');
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  let from = 0;
  for (const to of places) {
    counter.take(bytes.subarray(from, to));
    from = to;
  }
  return got;
}

describe('ReplyCounter', () => {
  for (const [name, reply] of Object.entries(REPLIES)) {
    it(`hands on a reply of the kind "${name}", counted where that is allowed, whole and byte by byte`, () => {
      const bytewise = [...Buffer.from(reply.text).keys()];
      for (const cuts of [[], bytewise]) {
        expect(decoded([{ reply, mayCount: true }], cuts)).to.deep.equal([reply.counted]);
        expect(decoded([{ reply, mayCount: false }], cuts)).to.deep.equal([reply.text]);
      }
    });
  }

  it('keeps replies apart however they are cut and mixed', () => {
    const sent = fc.record({ reply: fc.constantFrom(...Object.values(REPLIES)), mayCount: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 8 }), fc.array(fc.nat(20_000), { maxLength: 12 }), (list, cuts) => {
        expect(decoded(list, cuts)).to.deep.equal(
          list.map(({ reply, mayCount }) => (mayCount ? reply.counted : reply.text)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('leaves everything to the decoder once something comes that it does not know', () => {
    const got: string[] = [];
    const counter = new ReplyCounter(
      (bytes) => got.push(bytes.toString('latin1')),
      () => true,
    );
    for (const text of ['+OK\r\n%1\r\n', '*1\r\n:1\r\n', ':2\r']) counter.take(Buffer.from(text));
    expect(got).to.deep.equal(['+OK\r\n', '%1\r\n', '*1\r\n:1\r\n', ':2\r']);
  });

  it('does not hold back a reply without end', () => {
    let bytes = 0;
    const counter = new ReplyCounter(
      (some) => (bytes += some.length),
      () => true,
    );
    counter.take(Buffer.from('$4000000\r\n'));
    for (let chunk = 0; chunk < 20; chunk++) counter.take(Buffer.alloc(65_536));
    expect(bytes).to.equal(10 + 20 * 65_536);
  });
});
