import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { editUntilValid } from '../../../src/rules/edit-until-valid.ts';

const SCOPE = { kind: 'service', service: 'web' } as const;

describe('editUntilValid', () => {
  let folder: string;
  let path: string;
  let mistakes: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-edit-'));
    path = join(folder, 'rule.yaml');
    mistakes = [];
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Edits with an editor that saves one text after the other; `undefined` leaves the file as it is. */
  async function edit(texts: readonly (string | undefined)[], answers: readonly boolean[] = []): Promise<unknown> {
    const [saved, answered] = [texts.values(), answers.values()];
    const data = await editUntilValid(path, 'interval: 30s\n', SCOPE, {
      openEditor: (file) => {
        const text = saved.next().value;
        if (text !== undefined) {
          writeFileSync(file, text);
        }
        return Promise.resolve(0);
      },
      askAgain: (mistake) => {
        mistakes.push(mistake);
        return Promise.resolve(answered.next().value ?? false);
      },
    });
    return data === undefined ? undefined : new TextDecoder().decode(data);
  }

  it('gives the rule that was saved, as JSON', async () => {
    expect(await edit(['interval: 40s\nretries: 1\n'])).to.equal('{"interval":"40s","retries":1}');
  });

  it('gives nothing when nothing was changed', async () => {
    expect(await edit([undefined])).to.equal(undefined);
  });

  it('takes a document without any field for no rule', async () => {
    expect(await edit(['# nothing\n'])).to.equal('');
  });

  it('edits the very text again after a mistake, which it names', async () => {
    const texts: string[] = [];
    const data = await editUntilValid(path, 'interval: 30s\n', SCOPE, {
      openEditor: (file) => {
        texts.push(readFileSync(file, 'utf8'));
        writeFileSync(file, texts.length === 1 ? 'interval: often\n' : 'interval: 50s\n');
        return Promise.resolve(0);
      },
      askAgain: (mistake) => {
        mistakes.push(mistake);
        return Promise.resolve(true);
      },
    });
    expect(texts).to.deep.equal(['interval: 30s\n', 'interval: often\n']);
    expect(new TextDecoder().decode(data)).to.equal('{"interval":"50s"}');
    expect(mistakes).to.have.length(1);
    expect(mistakes[0]).to.match(/rule\.yaml: interval is "often"/);
  });

  it('keeps the text when it is not edited again', async () => {
    const error: unknown = await edit(['interval: often\n'], [false]).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'Usage' });
    expect(readFileSync(path, 'utf8')).to.equal('interval: often\n');
    expect(statSync(path).mode & 0o077, 'readable by others').to.equal(0);
  });

  it('gives up when the editor fails', async () => {
    const ports = { openEditor: () => Promise.resolve(3), askAgain: () => Promise.resolve(true) };
    const error: unknown = await editUntilValid(path, '', SCOPE, ports).catch((thrown: unknown) => thrown);
    expect(error).to.be.an('error').with.property('message').that.contains('ended with 3');
  });
});
