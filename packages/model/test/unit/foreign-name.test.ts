import { expect } from 'chai';
import fc from 'fast-check';
import {
  foreignChild,
  instanceNameOfNode,
  isValidName,
  nodeNameOfInstance,
  type ForeignSource,
} from '../../src/index.ts';

describe('instanceNameOfNode', () => {
  const cases: readonly [node: string, instance: string][] = [
    ['member_0000000149', 'member_0000000149'],
    ['i-12ab_0000000003', 'i-12ab_0000000003'],
    ['web 1:9100 (blue)', 'web 1:9100 (blue)'],
    ['naïve', 'naïve'],
    ['100%', '100%25'],
    ['a~b', 'a%7Eb'],
    [' web ', '%20web%20'],
    ['\u00a0x', '%C2%A0x'],
    ['a\u200bb', 'a%E2%80%8Bb'],
    ['zookeeper', '%7Aookeeper'],
    ['zookeeper-1', 'zookeeper-1'],
  ];
  for (const [node, instance] of cases) {
    it(`makes ${JSON.stringify(instance)} of ${JSON.stringify(node)}, and back`, () => {
      expect(instanceNameOfNode(node)).to.equal(instance);
      expect(nodeNameOfInstance(instance)).to.equal(node);
    });
  }

  it('cuts a name that is too long and tells it from another by a digest', () => {
    const [one, other] = [instanceNameOfNode(`${'a'.repeat(300)}1`), instanceNameOfNode(`${'a'.repeat(300)}2`)];
    expect(one).to.match(/^a{160}~[0-9a-f]{32}$/);
    expect(one).to.not.equal(other);
    expect(nodeNameOfInstance(one)).to.equal(undefined);
    expect(instanceNameOfNode('a'.repeat(200))).to.equal('a'.repeat(200));
  });

  it('gives a valid name for anything, and another for each name', () => {
    const node = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }));
    fc.assert(
      fc.property(fc.uniqueArray(node, { minLength: 2, maxLength: 5 }), (nodes) => {
        const instances = nodes.map(instanceNameOfNode);
        for (const instance of instances) expect(isValidName(instance), JSON.stringify(instance)).to.equal(true);
        expect(new Set(instances).size).to.equal(nodes.length);
        for (const [index, instance] of instances.entries()) {
          if (!instance.includes('~')) expect(nodeNameOfInstance(instance)).to.equal(nodes[index]);
        }
      }),
    );
  });
});

describe('foreignChild', () => {
  const serverset: ForeignSource = { kind: 'serverset', path: '/a' };
  const nerve: ForeignSource = { kind: 'nerve', path: '/a' };
  const curator: ForeignSource = { kind: 'curator', path: '/a' };

  it('takes the members of a server set, passes over its vectors and refuses the rest', () => {
    expect(foreignChild(serverset, 'member_0000000001')).to.deep.equal({
      kind: 'instance',
      instance: 'member_0000000001',
    });
    expect(foreignChild(serverset, 'vector_0000000002')).to.deep.equal({ kind: 'ignored' });
    expect(foreignChild(serverset, 'backup')).to.include({ kind: 'refused' });
  });

  it('takes every child of the others', () => {
    expect(foreignChild(curator, 'vector_1')).to.deep.equal({ kind: 'instance', instance: 'vector_1' });
    expect(foreignChild(nerve, 'i-1_0000000001')).to.deep.equal({ kind: 'instance', instance: 'i-1_0000000001' });
  });

  it('names a path-encoded node of Nerve as it would be named without the encoding', () => {
    const encoded = Buffer.from('{"host":"h","port":1,"name":"i-1"}').toString('base64url');
    const node = `base64_${encoded.length}_${encoded}_0000000007`;
    expect(foreignChild(nerve, node)).to.deep.equal({ kind: 'instance', instance: 'i-1_0000000007' });
    expect(foreignChild(nerve, 'base64_9_nonsense_0000000007')).to.deep.equal({
      kind: 'instance',
      instance: 'base64_9_nonsense_0000000007',
    });
  });
});
