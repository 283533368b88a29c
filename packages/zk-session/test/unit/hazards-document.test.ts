import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

interface NamedTests {
  readonly file: string;
  readonly titles: readonly string[];
}

/** What the last column of the table names: files in backquotes, each with parts of titles in italics or with none. */
function namedTests(cell: string): NamedTests[] {
  let folder = 'packages/zk-session/test';
  const named: { file: string; titles: string[] }[] = [];
  for (const [, code, title] of cell.matchAll(/`([^`]+)`|\b_([^_]+)_(?=\W|$)/g)) {
    if (code?.startsWith('packages/') === true) folder = `${code}/test`;
    else if (code !== undefined) {
      const path = code.includes('/') ? code : `integration/${code}`;
      named.push({ file: join(root, folder, `${path}.test.ts`), titles: [] });
    } else named.at(-1)?.titles.push(title!.replace(/ …$/, ''));
  }
  return named;
}

describe('the table of hazards in docs/zookeeper-session.md', () => {
  it('names tests that exist, for every hazard', async () => {
    const page = await readFile(join(root, 'docs/zookeeper-session.md'), 'utf8');
    const section = page.split(/^## /m).find((part) => part.startsWith('Hazards'));
    const rows = section!.split('\n').filter((line) => line.startsWith('| '));
    expect(rows.length).to.be.at.least(25);
    for (const row of rows.slice(2)) {
      const [hazard = '', , shownBy = ''] = row.slice(2).split(' | ');
      const named = namedTests(shownBy);
      expect(named, `${hazard.trim()}: names no test`).to.not.deep.equal([]);
      for (const { file, titles } of named) {
        expect(existsSync(file), `${hazard.trim()}: ${file}`).to.equal(true);
        const text = await readFile(file, 'utf8');
        for (const title of titles) expect(text, `${hazard.trim()}: ${file}`).to.contain(title);
      }
    }
  });
});
