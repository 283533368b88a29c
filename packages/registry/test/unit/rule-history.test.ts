import { expect } from 'chai';
import {
  extendHistory,
  MAX_HISTORY_BYTES,
  MAX_HISTORY_ENTRIES,
  parseHistory,
  readRuleHistory,
  serializeHistory,
  type RuleHistoryEntry,
} from '../../src/rule-history.ts';
import type { RuleScope } from '../../src/rule-scope.ts';
import { readRule, writeRule } from '../../src/rule-store.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const entry = (version: number, text = `{"retries":${version}}`): RuleHistoryEntry => ({
  version,
  atMs: 1000 * version,
  author: 'kim@desk',
  text,
});

describe('the history of a rule', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let nowMs: number;

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    nowMs = 1_000_000;
  });

  async function write(scope: RuleScope, text: string, author?: string): Promise<void> {
    nowMs += 1000;
    const { version } = await readRule(session, scope);
    const clock = { now: () => nowMs, monotonic: () => nowMs };
    await writeRule(session, scope, bytes(text), { expectedVersion: version, author, clock });
  }

  for (const [scope, path] of [
    [{ kind: 'defaults' }, '/rule-history/defaults'],
    [{ kind: 'service', service: 'db' }, '/rule-history/services/db'],
  ] as const) {
    it(`stands in ${path}, newest first, with who wrote what and when`, async () => {
      expect((await readRuleHistory(session, scope)).entries).to.deep.equal([]);
      await write(scope, '{"retries":1}', 'kim@desk');
      await write(scope, '{"retries":2}');
      await write(scope, '', 'lee@desk');
      expect(await readRuleHistory(session, scope)).to.deep.equal({
        path,
        nodeVersion: 2,
        problem: undefined,
        entries: [
          { version: 2, atMs: 1_003_000, author: 'lee@desk', text: '' },
          { version: 1, atMs: 1_002_000, author: undefined, text: '{"retries":2}' },
          { version: 0, atMs: 1_001_000, author: 'kim@desk', text: '{"retries":1}' },
        ],
      });
    });
  }

  it('is written in one transaction with the rule, so that neither is ever without the other', async () => {
    await write({ kind: 'defaults' }, '{"retries":1}');
    await write({ kind: 'defaults' }, '{"retries":2}');
    expect(session.calls.filter((call) => call.startsWith('multi'))).to.deep.equal([
      'multi create /defaults, create /rule-history/defaults',
      'multi setData /defaults, setData /rule-history/defaults',
    ]);
  });

  it('takes up what was written past it', async () => {
    tree.put('/services/db', '{"retries":7}');
    await write({ kind: 'service', service: 'db' }, '{"retries":8}', 'kim@desk');
    const { entries } = await readRuleHistory(session, { kind: 'service', service: 'db' });
    expect(entries.map(({ text, author }) => [text, author])).to.deep.equal([
      ['{"retries":8}', 'kim@desk'],
      ['{"retries":7}', undefined],
    ]);
  });

  it('keeps the newest entries, and fewer of them when they are large', () => {
    let history: RuleHistoryEntry[] = [];
    for (let version = 0; version < 50; version += 1) {
      history = extendHistory(history, version === 0 ? undefined : entry(version - 1), entry(version));
    }
    expect(history.map(({ version }) => version)).to.deep.equal(
      Array.from({ length: MAX_HISTORY_ENTRIES }, (_, index) => 49 - index),
    );
    const large = extendHistory(history, undefined, entry(50, JSON.stringify({ path: 'x'.repeat(250_000) })));
    expect(large[0]?.version).to.equal(50);
    expect(serializeHistory(large).byteLength).to.be.at.most(MAX_HISTORY_BYTES);
  });

  it('reads back what it writes, and leaves out entries that are wrong', () => {
    const entries = [entry(2), { ...entry(1), author: undefined }];
    expect(parseHistory(serializeHistory(entries))).to.deep.equal(entries);
    const data = {
      entries: [null, 7, { version: 'x', at: 'y', data: 1 }, { version: 1, at: '1970-01-01T00:00:01Z', data: '' }],
    };
    expect(parseHistory(bytes(JSON.stringify(data)))).to.deep.equal([
      { version: 1, atMs: 1000, author: undefined, text: '' },
    ]);
  });

  it('begins anew where its znode holds something else, and says so', async () => {
    tree.put('/rule-history/defaults', 'not ours');
    expect((await readRuleHistory(session, { kind: 'defaults' })).problem).to.be.a('string');
    await write({ kind: 'defaults' }, '{"retries":1}');
    expect((await readRuleHistory(session, { kind: 'defaults' })).entries).to.have.length(1);
  });

  it('gives up, and writes nothing, when somebody else is quicker again and again', async () => {
    await write({ kind: 'defaults' }, '{"retries":1}');
    session.failWith = (call) => (call.startsWith('multi') ? 'BadVersion' : undefined);
    const error = await writeRule(session, { kind: 'defaults' }, bytes('{}'), { expectedVersion: 'any' }).catch(
      (e: unknown) => e,
    );
    expect(error).to.include({ code: 'Conflict' });
    expect(Buffer.from(tree.node('/defaults').data).toString()).to.equal('{"retries":1}');
  });
});
