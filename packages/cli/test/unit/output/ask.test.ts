import { PassThrough } from 'node:stream';

import { expect } from 'chai';

import { askYesNo } from '../../../src/output/ask.ts';

describe('askYesNo', () => {
  const answers: readonly (readonly [string, boolean])[] = [
    ['\n', true],
    ['y\n', true],
    ['  YES\n', true],
    ['n\n', false],
    ['no\n', false],
    ['q\n', false],
  ];
  for (const [typed, expected] of answers) {
    it(`takes ${JSON.stringify(typed)} for ${expected ? 'a yes' : 'a no'}`, async () => {
      const input = new PassThrough();
      let shown = '';
      const answer = askYesNo('write it?', { write: (text) => (shown += text) }, new AbortController().signal, input);
      input.write(typed);
      expect(await answer).to.equal(expected);
      expect(shown).to.equal('write it? [Y/n] ');
    });
  }

  it('takes the end of the input for a no', async () => {
    const input = new PassThrough();
    const answer = askYesNo('?', { write: () => undefined }, new AbortController().signal, input);
    input.end();
    expect(await answer).to.equal(false);
  });

  it('ends when the command does', async () => {
    const controller = new AbortController();
    const answer = askYesNo('?', { write: () => undefined }, controller.signal, new PassThrough());
    controller.abort();
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(error).to.be.an('error').with.property('name', 'AbortError');
  });
});
