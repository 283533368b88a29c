import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { COMMANDS } from '../../../src/command-table.ts';
import { ExitCode } from '../../../src/exit-code.ts';
import { GLOBAL_OPTIONS } from '../../../src/global-options.ts';
import { flagOf, SETTING_NAMES, SETTINGS_SCHEMA } from '../../../src/settings/settings-schema.ts';
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

  it('lists every setting with its variable, its option and its default', () => {
    const rows = rowsOf(readFileSync(DOCUMENT, 'utf8'), /^PULSEKEEPER_/);
    const expected = SETTING_NAMES.map((name) => {
      const setting = SETTINGS_SCHEMA[name];
      const option = 'sensitive' in setting ? 'none, on purpose' : flagOf(name);
      return [setting.env, name, option, name === 'replication' ? 'found by the ring' : String(setting.default)];
    });
    expect(rows).to.deep.equal(expected);
  });

  it('lists every exit code', () => {
    const rows = rowsOf(readFileSync(DOCUMENT, 'utf8'), /^\d+$/);
    expect(rows.map(([code]) => Number(code))).to.deep.equal(Object.values(ExitCode));
  });

  it('names a JSON schema for every command but those that print a document of another kind', () => {
    const rows = rowsOf(readFileSync(DOCUMENT, 'utf8'), /./).filter(([, link]) => link?.includes('(json/') === true);
    const named = rows.flatMap(([commands]) => commands?.split(', ') ?? []);
    const all = COMMANDS.flatMap(({ usage, subcommands }) => {
      const [name = ''] = usage.split(' ');
      return subcommands?.map((subcommand) => `${name} ${subcommand.usage.split(' ')[0] ?? ''}`) ?? [name];
    });
    expect([...named, 'completion', 'rules schema'].sort()).to.deep.equal(all.sort());
  });

  it('links JSON schemas that are there', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const linked = [...text.matchAll(/\(json\/([a-z-]+\.schema\.json)\)/g)].map(([, file]) => file ?? '');
    expect(linked.length).to.be.greaterThan(10);
    for (const file of linked) {
      expect(existsSync(join(ROOT, 'docs/json', file)), file).to.equal(true);
    }
  });
});

/** The cells of the rows of tables whose first cell matches, without the marks of code. */
function rowsOf(text: string, first: RegExp): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  const cells = rows
    .map((line) => line.split('|').slice(1, -1))
    .map((row) => row.map((cell) => cell.replaceAll('`', '').trim()));
  return cells.filter(([cell = '']) => first.test(cell));
}
