import { expect } from 'chai';
import {
  diffContents,
  EMPTY_CONTENT,
  isEmptyDiff,
  toServiceContent,
  uniteContents,
  type DirectoryContent,
  type Sourced,
} from '../../src/directory-content.ts';
import { createDirectoryView } from '../../src/directory-view.ts';
import { applyHold, rootIdentity, suspicionOf, type RootedContent } from '../../src/suspect-tree.ts';

function sourced<T>(value: T): Sourced<T> {
  return { value, data: Buffer.from(JSON.stringify(value)) };
}

function content(services: Record<string, string[]>): DirectoryContent {
  const entries = Object.entries(services).map(
    ([name, instances]) => [name, toServiceContent(name, instances, undefined)] as const,
  );
  return { ...EMPTY_CONTENT, services: new Map(entries) };
}

describe('diffContents', () => {
  it('names what came and what went, across services', () => {
    const diff = diffContents(content({ a: ['1', '2'], b: ['1'] }), content({ a: ['2', '3'], c: ['1'] }));
    expect(diff.addedTargets).to.deep.equal(['a/3', 'c/1']);
    expect(diff.removedTargets).to.deep.equal(['a/1', 'b/1']);
    expect(diff.changedServices).to.deep.equal(['b', 'c']);
    expect(isEmptyDiff(diff)).to.equal(false);
  });

  it('is empty between equal contents, also when they were read twice', () => {
    const [one, two] = [content({ a: ['1'] }), content({ a: ['1'] })];
    expect(isEmptyDiff(diffContents(one, two))).to.equal(true);
  });

  it('tells of rules, defaults and collectors by their bytes', () => {
    const before: DirectoryContent = {
      services: new Map([['a', toServiceContent('a', [], sourced({ retries: 1 }))]]),
      collectors: new Map([['c1', sourced({ id: 'c1' } as never)]]),
      defaults: undefined,
    };
    const after: DirectoryContent = {
      services: new Map([['a', toServiceContent('a', [], sourced({ retries: 2 }))]]),
      collectors: new Map([['c2', sourced({ id: 'c2' } as never)]]),
      defaults: sourced({ rule: {}, bounds: {} }),
    };
    const diff = diffContents(before, after);
    expect(diff.changedRules).to.deep.equal(['a']);
    expect([...diff.changedCollectors].sort()).to.deep.equal(['c1', 'c2']);
    expect(diff.haveDefaultsChanged).to.equal(true);
  });
});

describe('toServiceContent', () => {
  it('shares what did not change', () => {
    const rule = sourced({ retries: 1 });
    const before = toServiceContent('a', ['2', '1'], rule);
    expect(toServiceContent('a', ['1', '2'], sourced({ retries: 1 }), before)).to.equal(before);
    const otherRule = toServiceContent('a', ['1', '2'], undefined, before);
    expect(otherRule.instances).to.equal(before.instances);
    expect(otherRule.rule).to.equal(undefined);
    expect([...toServiceContent('a', ['1', '3'], rule, before).instances]).to.deep.equal(['1', '3']);
  });
});

describe('createDirectoryView', () => {
  it('sorts targets as whole ids and shares the sets of instances', () => {
    const all = content({ a: ['x'], 'a-b': ['x'], 'a.c': ['2', '10'] });
    const view = createDirectoryView({
      content: all,
      problems: new Map([['/services/..', 'reserved']]),
      noDefaults: { rule: {}, bounds: {} },
      version: 3,
      readAtMs: 7,
    });
    expect(view.targetIds).to.deep.equal([...view.targetIds].sort());
    expect(view.targetIds).to.deep.equal(['a-b/x', 'a.c/10', 'a.c/2', 'a/x']);
    expect(view.services.get('a')).to.equal(all.services.get('a')?.instances);
    expect(view.problems).to.deep.equal([{ path: '/services/..', reason: 'reserved' }]);
    expect([view.version, view.readAtMs]).to.deep.equal([3, 7]);
    expect(view.targetIds).to.equal(view.targetIds);
  });
});

describe('a suspect tree', () => {
  const root = (services: string | undefined, all: DirectoryContent): RootedContent => ({
    roots: { services, collectors: undefined },
    content: all,
  });
  const full = content({ a: ['1', '2'] });

  const cases: { title: string; before: RootedContent; after: RootedContent; suspicion: string | undefined }[] = [
    {
      title: 'the first reading',
      before: root(undefined, EMPTY_CONTENT),
      after: root('1', full),
      suspicion: undefined,
    },
    {
      title: 'all instances gone, their service left',
      before: root('1', full),
      after: root('1', content({ a: [] })),
      suspicion: undefined,
    },
    {
      title: 'no root',
      before: root('1', full),
      after: root(undefined, EMPTY_CONTENT),
      suspicion: '/services is missing',
    },
    {
      title: 'another root, already filled again',
      before: root('1', full),
      after: root('2', content({ a: ['1'] })),
      suspicion: '/services was made anew',
    },
    {
      title: 'all service znodes gone at once',
      before: root('1', full),
      after: root('1', EMPTY_CONTENT),
      suspicion: '/services is empty',
    },
    {
      title: 'empty as before',
      before: root('1', EMPTY_CONTENT),
      after: root('2', EMPTY_CONTENT),
      suspicion: undefined,
    },
  ];
  for (const { title, before, after, suspicion } of cases) {
    it(`is ${suspicion === undefined ? 'not seen' : 'seen'} in ${title}`, () => {
      expect(suspicionOf(before, after)).to.equal(suspicion);
    });
  }

  it('tells a root that was made anew by its time when the transaction id repeats', () => {
    expect(rootIdentity({ czxid: 5n, ctimeMs: 1 })).to.not.equal(rootIdentity({ czxid: 5n, ctimeMs: 2 }));
  });

  it('keeps what is gone and lets in what is new while it is held', () => {
    const held = { content: full, untilMs: 1 };
    const shown = applyHold(content({ a: ['3'], b: ['1'] }), held);
    expect([...(shown.services.get('a')?.instances ?? [])]).to.deep.equal(['1', '2', '3']);
    expect([...shown.services.keys()]).to.deep.equal(['a', 'b']);
    expect(uniteContents(full, full).services.get('a')).to.equal(full.services.get('a'));
    expect(applyHold(full, undefined)).to.equal(full);
  });
});
