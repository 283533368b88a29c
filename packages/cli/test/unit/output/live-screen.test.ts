import { expect } from 'chai';

import { closeOpenScreens, LiveScreen } from '../../../src/output/live-screen.ts';
import { Output } from '../../../src/output/output.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

describe('LiveScreen', () => {
  let chunks: string[];

  beforeEach(() => {
    chunks = [];
  });

  function screenOn(sink: { isTTY?: boolean; rows?: number; columns?: number }, term = 'xterm'): LiveScreen {
    const stdout = { ...sink, write: (text: string) => chunks.push(text) };
    const options = { stdout, stderr: stdout, env: { TERM: term }, isJson: false, isColourWanted: true };
    return new LiveScreen(new Output(options));
  }

  it('draws only what changed, on a screen of its own, and gives the old one back once', () => {
    const screen = screenOn({ isTTY: true, rows: 10, columns: 20 });
    screen.draw('a\nb\n');
    screen.draw('a\nb\n');
    screen.draw('a\nc\n');
    screen.close();
    screen.close();
    expect(chunks).to.deep.equal([
      ENTER,
      '\u001b[Ha\u001b[K\r\nb\u001b[K\u001b[J',
      '\u001b[Ha\u001b[K\r\nc\u001b[K\u001b[J',
      LEAVE,
    ]);
  });

  it('cuts off what the terminal has no room for', () => {
    const screen = screenOn({ isTTY: true, rows: 2, columns: 4 });
    screen.draw('abcdef\nb\nc\n');
    screen.close();
    expect(chunks[1]).to.equal('\u001b[Habc…\u001b[K\r\nb\u001b[K\u001b[J');
  });

  it('is given back by a process that ends without it', () => {
    screenOn({ isTTY: true, rows: 2, columns: 4 }).draw('a');
    closeOpenScreens();
    closeOpenScreens();
    expect(chunks.slice(2)).to.deep.equal([LEAVE]);
  });

  it('gives nothing back that it did not take', () => {
    screenOn({ isTTY: true }).close();
    expect(chunks).to.deep.equal([]);
  });

  for (const [what, sink, term] of [
    ['a pipe', {}, 'xterm'],
    ['a terminal that cannot be drawn on', { isTTY: true, rows: 10, columns: 80 }, 'dumb'],
  ] as const) {
    it(`writes one screen after the other, without any escape, to ${what}`, () => {
      const screen = screenOn(sink, term);
      screen.draw('a\n');
      screen.draw('b\n');
      screen.close();
      expect(chunks).to.deep.equal(['a\n\n', 'b\n\n']);
    });
  }
});
