import { expect } from 'chai';
import fc from 'fast-check';
import type { ReplyForm } from '../../../src/redis/packed-command.ts';
import { ReplyTap } from '../../../src/redis/reply-tap.ts';

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

function unexpectedFailure(why: string): void {
  throw new Error(why);
}

interface Sent {
  readonly reply: Reply;
  readonly form: ReplyForm;
}

/** What the decoder is to get in the place of a reply. */
function expectedText({ reply, form }: Sent): string {
  if (form === 'counted') return reply.counted;
  return form === 'bytes' && !reply.text.startsWith('-') ? ':0\r\n' : reply.text;
}

/** What the decoder gets, reply by reply, of replies that come in pieces, and what was taken as bytes. */
function tapped(sent: readonly Sent[], cuts: readonly number[]): { decoded: string[]; taken: string[] } {
  const decoded: string[] = [];
  const taken: string[] = [];
  let pending = '';
  const tap = new ReplyTap(
    (bytes) => {
      pending += bytes.toString('latin1');
      const expected = sent[decoded.length];
      if (expected === undefined || pending.length < expectedText(expected).length) return;
      decoded.push(pending);
      pending = '';
    },
    () => ({
      form: sent[decoded.length]?.form ?? 'decoded',
      onBytes: (bytes) => taken.push(bytes.toString('latin1')),
    }),
    unexpectedFailure,
  );
  const bytes = Buffer.from(sent.map(({ reply }) => reply.text).join(''), 'latin1');
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  let from = 0;
  for (const to of places) {
    tap.take(bytes.subarray(from, to));
    from = to;
  }
  expect(pending).to.equal('');
  return { decoded, taken };
}

const FORMS: readonly ReplyForm[] = ['decoded', 'counted', 'bytes'];

describe('ReplyTap', () => {
  for (const [name, reply] of Object.entries(REPLIES)) {
    it(`hands on a reply of the kind "${name}" in the form that is wanted, whole and byte by byte`, () => {
      const bytewise = [...Buffer.from(reply.text).keys()];
      for (const cuts of [[], bytewise]) {
        for (const form of FORMS) {
          const sent = { reply, form };
          const isTaken = form === 'bytes' && !reply.text.startsWith('-');
          expect(tapped([sent], cuts)).to.deep.equal({
            decoded: [expectedText(sent)],
            taken: isTaken ? [reply.text] : [],
          });
        }
      }
    });
  }

  it('keeps replies apart however they are cut and mixed', () => {
    const sent = fc.record({
      reply: fc.constantFrom(...Object.values(REPLIES)),
      form: fc.constantFrom(...FORMS),
    });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 8 }), fc.array(fc.nat(20_000), { maxLength: 12 }), (list, cuts) => {
        const taken = list.filter(({ reply, form }) => form === 'bytes' && !reply.text.startsWith('-'));
        expect(tapped(list, cuts)).to.deep.equal({
          decoded: list.map(expectedText),
          taken: taken.map(({ reply }) => reply.text),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('leaves everything to the decoder once something comes that it does not know', () => {
    const got: string[] = [];
    const tap = new ReplyTap(
      (bytes) => got.push(bytes.toString('latin1')),
      () => ({ form: 'counted' }),
      unexpectedFailure,
    );
    for (const text of ['+OK\r\n*2\r\n:1\r', '\n%1\r\n', '*1\r\n:1\r\n', ':2\r']) tap.take(Buffer.from(text));
    expect(got.join('')).to.equal('+OK\r\n*2\r\n:1\r\n%1\r\n*1\r\n:1\r\n:2\r');
  });

  for (const [name, start] of [
    ['a text', '$4000000\r\n'],
    ['an array', '*2\r\n$4000000\r\n'],
  ] as const) {
    it(`does not hold back ${name} without end that is to be counted`, () => {
      let bytes = 0;
      const tap = new ReplyTap(
        (some) => (bytes += some.length),
        () => ({ form: 'counted' }),
        unexpectedFailure,
      );
      tap.take(Buffer.from(start));
      for (let chunk = 0; chunk < 20; chunk++) tap.take(Buffer.alloc(65_536));
      expect(bytes).to.equal(start.length + 20 * 65_536);
    });
  }

  describe('for several commands that are one', () => {
    /** What the decoder gets of several replies, in pieces that end at the given places, and of one that follows. */
    function gathered(replies: readonly Reply[], cuts: readonly number[]): string[] {
      const got: string[] = [];
      const tap = new ReplyTap(
        (bytes) => got.push(bytes.toString('latin1')),
        () => (got.length === 0 ? { form: 'counted', commands: replies.length } : { form: 'decoded' }),
        unexpectedFailure,
      );
      const bytes = Buffer.from([...replies, REPLIES.integer].map(({ text }) => text).join(''), 'latin1');
      let from = 0;
      for (const to of [
        ...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right),
        bytes.length,
      ]) {
        tap.take(bytes.subarray(from, to));
        from = to;
      }
      const [first, ...rest] = got;
      expect(rest.join('')).to.equal(REPLIES.integer.text);
      return [first ?? ''];
    }

    const cuts = fc.array(fc.nat(20_000), { maxLength: 12 });

    it('has the number of all integers where there is nothing else', () => {
      const several = fc.array(fc.constantFrom(REPLIES.same, REPLIES.two, REPLIES.one), { minLength: 2, maxLength: 8 });
      fc.assert(
        fc.property(several, cuts, (replies, places) => {
          const sum = replies.reduce((count, { counted }) => count + Number(counted.slice(1)), 0);
          expect(gathered(replies, places)).to.deep.equal([`:${sum}\r\n`]);
        }),
        { numRuns: 200 },
      );
    });

    it('has an array of all, counted or not, where one is no array of integers, and the first error where there is one', () => {
      const several = fc.array(fc.constantFrom(...Object.values(REPLIES)), { minLength: 2, maxLength: 8 });
      const mixed = several.map((replies) => [...replies, REPLIES.errors]);
      fc.assert(
        fc.property(mixed, cuts, (replies, places) => {
          const error = replies.find(({ text }) => text.startsWith('-'));
          const all = `*${replies.length}\r\n${replies.map(({ counted }) => counted).join('')}`;
          expect(gathered(replies, places)).to.deep.equal([error?.text ?? all]);
        }),
        { numRuns: 300 },
      );
    });

    for (const [name, text] of [
      ['something comes that is no reply', ':1\r\n%1\r\n'],
      ['one of them has no end', `*2\r\n$4000000\r\n${'x'.repeat(1_200_000)}`],
    ] as const) {
      it(`is given up, as the decoder would lose count, when ${name}`, () => {
        const failures: string[] = [];
        const tap = new ReplyTap(
          () => undefined,
          () => ({ form: 'counted', commands: 3 }),
          (why) => failures.push(why),
        );
        tap.take(Buffer.from('*1\r\n:1\r\n'));
        expect([tap.isOn, failures]).to.deep.equal([true, []]);
        tap.take(Buffer.from(text));
        expect(failures).to.not.deep.equal([]);
        expect(tap.isOn).to.equal(false);
      });
    }
  });
});
