import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { COMMANDS } from '../../../src/command-table.ts';
import { GLOBAL_OPTIONS } from '../../../src/global-options.ts';
import { renderReference } from '../../support/cli-reference.ts';

const ROOT = join(import.meta.dirname, '../../../../..');
const DOCUMENT = join(ROOT, 'docs/cli.md');
const BEGIN = '<!-- reference: generated from packages/cli/src/command-table.ts -->\n\n';
const END = '\n<!-- end of the reference -->\n';

describe('docs/cli.md', () => {
  it('says what the commands are (UPDATE_DOCS=1 writes it anew)', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const begin = text.indexOf(BEGIN) + BEGIN.length;
    const end = text.indexOf(END);
    expect(begin, 'the mark of the begin').to.be.greaterThan(BEGIN.length);
    expect(end, 'the mark of the end').to.be.greaterThan(begin);
    const reference = renderReference(COMMANDS, GLOBAL_OPTIONS);
    if (process.env['UPDATE_DOCS'] === '1') {
      writeFileSync(DOCUMENT, text.slice(0, begin) + reference + text.slice(end));
      return;
    }
    expect(text.slice(begin, end)).to.equal(reference);
  });

  it('links a JSON schema for every command that has one', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const linked = [...text.matchAll(/\(json\/([a-z-]+\.schema\.json)\)/g)].map(([, file]) => file ?? '');
    expect(linked.length).to.be.greaterThan(10);
    for (const file of linked) {
      expect(existsSync(join(ROOT, 'docs/json', file)), file).to.equal(true);
    }
  });
});
