import { expect } from 'chai';
import { parentPath, roleOf, ZNODES } from '../../src/znode-path.ts';

describe('znode paths', () => {
  it('are built from valid names alone', () => {
    expect(ZNODES.instancePath('db', 'a:1')).to.equal('/services/db/a:1');
    expect(ZNODES.collectorPath('c1')).to.equal('/collectors/c1');
    for (const name of ['', '.', '..', 'zookeeper', 'a/b', 'x'.repeat(201), 'a\u0000']) {
      expect(() => ZNODES.servicePath(name), name)
        .to.throw()
        .with.property('code', 'InvalidName');
      expect(() => ZNODES.instancePath('db', name), name)
        .to.throw()
        .with.property('code', 'InvalidName');
      expect(() => ZNODES.collectorPath(name), name)
        .to.throw()
        .with.property('code', 'InvalidName');
    }
  });

  it('know their parents', () => {
    expect([parentPath('/a/b'), parentPath('/a'), parentPath('/')]).to.deep.equal(['/a', '/', '/']);
  });

  const roles: [path: string, role: unknown][] = [
    ['/defaults', { kind: 'defaults' }],
    ['/services', { kind: 'services' }],
    ['/services/db', { kind: 'service', service: 'db' }],
    ['/services/db/a', { kind: 'instance', service: 'db', instance: 'a' }],
    ['/collectors', { kind: 'collectors' }],
    ['/collectors/c', { kind: 'collector', collector: 'c' }],
    ['/', undefined],
    ['services', undefined],
    ['/services/db/a/b', undefined],
    ['/services//a', undefined],
    ['/collectors/c/d', undefined],
    ['/defaults/x', undefined],
    ['/other', undefined],
  ];
  for (const [path, role] of roles) {
    it(`${path} stands for ${role === undefined ? 'nothing of ours' : JSON.stringify(role)}`, () => {
      expect(roleOf(path)).to.deep.equal(role);
    });
  }
});
