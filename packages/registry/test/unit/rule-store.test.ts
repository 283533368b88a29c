import { expect } from 'chai';
import type { RuleScope } from '../../src/rule-scope.ts';
import { readRule, writeRule } from '../../src/rule-store.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

describe('rules', () => {
  let tree: FakeTree;
  let session: FakeSession;

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
  });

  const scopes: { scope: RuleScope; path: string }[] = [
    { scope: { kind: 'defaults' }, path: '/defaults' },
    { scope: { kind: 'service', service: 'db' }, path: '/services/db' },
  ];
  for (const { scope, path } of scopes) {
    it(`of ${path} are created, changed against the version that was read, and taken away`, async () => {
      const absent = await readRule(session, scope);
      expect(absent).to.include({ path, version: undefined });
      expect(absent.data.byteLength).to.equal(0);
      const first = await writeRule(session, scope, bytes('{"interval":"5s"}'), { expectedVersion: absent.version });
      expect(text(first.data)).to.equal('{"interval":"5s"}');
      const second = await writeRule(session, scope, bytes('{"interval":"6s"}'), { expectedVersion: first.version });
      expect(second.version).to.equal((first.version ?? 0) + 1);
      const third = await writeRule(session, scope, bytes(''), { expectedVersion: second.version });
      expect(third.data.byteLength).to.equal(0);
      expect(tree.nodes.has(path)).to.equal(true);
    });

    it(`of ${path} are not written over somebody else's`, async () => {
      const absent = await readRule(session, scope);
      tree.put(path, '{"retries":1}');
      for (const expectedVersion of [absent.version, 5]) {
        const error = await writeRule(session, scope, bytes('{}'), { expectedVersion }).catch((e: unknown) => e);
        expect(error).to.include({ code: 'Conflict', path, retryable: false });
      }
      expect(text(tree.node(path).data)).to.equal('{"retries":1}');
      await writeRule(session, scope, bytes('{"retries":2}'), { expectedVersion: 'any' });
      expect(text(tree.node(path).data)).to.equal('{"retries":2}');
    });

    it(`of ${path} are refused when no reader would take them`, async () => {
      for (const wrong of ['{', '[]', '{"interval":"0"}', `{"path":"/${'x'.repeat(70_000)}"}`]) {
        const error = await writeRule(session, scope, bytes(wrong), { expectedVersion: 'any' }).catch(
          (e: unknown) => e,
        );
        expect(error, wrong.slice(0, 20)).to.include({ code: 'InvalidRule', path });
      }
      expect(tree.nodes.has(path)).to.equal(false);
    });

    it(`of ${path} can be written where nothing is, whatever the version`, async () => {
      await writeRule(session, scope, bytes('{"retries":2}'), { expectedVersion: 'any' });
      expect(text(tree.node(path).data)).to.equal('{"retries":2}');
    });
  }

  it('conflict when the znode went meanwhile', async () => {
    const error = await writeRule(session, { kind: 'defaults' }, bytes('{}'), { expectedVersion: 3 }).catch(
      (e: unknown) => e,
    );
    expect(error).to.include({ code: 'Conflict' });
  });

  it('pass the failures of the session on', async () => {
    session.failWith = () => 'OperationTimeout';
    expect(await readRule(session, { kind: 'defaults' }).catch((e: unknown) => e)).to.include({
      code: 'OperationTimeout',
    });
    const write = writeRule(session, { kind: 'defaults' }, bytes('{}'), { expectedVersion: 'any' });
    expect(await write.catch((e: unknown) => e)).to.include({ code: 'OperationTimeout' });
  });
});
