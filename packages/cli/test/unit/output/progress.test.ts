import { expect } from 'chai';

import { Output } from '../../../src/output/output.ts';
import { Progress } from '../../../src/output/progress.ts';

const CLEAR = '\r\u001b[2K';

describe('Progress', () => {
  let chunks: string[];
  let nowMs: number;
  const now = (): number => nowMs;
  const terminal = { isTTY: true, write: (text: string) => chunks.push(text) };

  beforeEach(() => {
    chunks = [];
    nowMs = 1000;
  });

  it('draws at most ten times a second, and takes itself off the screen', () => {
    const progress = new Progress(terminal, { label: 'verify', total: 4, unit: 'targets', now });
    progress.advance();
    nowMs += 100;
    progress.advance();
    nowMs += 99;
    progress.advance();
    nowMs += 1;
    progress.advance();
    progress.done();
    expect(chunks).to.deep.equal([
      `${CLEAR}verify ${'█'.repeat(12)}${'░'.repeat(12)} 2/4 targets`,
      `${CLEAR}verify ${'█'.repeat(24)} 4/4 targets`,
      CLEAR,
    ]);
  });

  it('counts where nobody knows how much there is', () => {
    const progress = new Progress(terminal, { label: 'query', unit: 'series', now });
    nowMs += 100;
    progress.advance();
    expect(chunks).to.deep.equal([`${CLEAR}query 1 series …`]);
  });

  it('writes nothing for work that is done at once, or to what is no terminal', () => {
    const quick = new Progress(terminal, { label: 'verify', total: 1, unit: 'targets', now });
    quick.advance();
    quick.done();
    const piped = new Progress({ write: terminal.write }, { label: 'verify', total: 1, unit: 'targets', now });
    nowMs += 1000;
    piped.advance();
    piped.done();
    expect(chunks).to.deep.equal([]);
  });

  it('writes nothing to a terminal that cannot be drawn on', () => {
    const output = new Output({
      stdout: terminal,
      stderr: terminal,
      env: { TERM: 'dumb' },
      isJson: false,
      isColourWanted: true,
    });
    const progress = output.progress({ label: 'verify', unit: 'targets', now });
    nowMs += 1000;
    progress.advance();
    progress.done();
    expect(chunks).to.deep.equal([]);
  });
});
