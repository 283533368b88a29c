import { expect } from 'chai';
import { parseClusterDefaults, parseServiceRule, ruleJsonSchema } from '../../src/index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const reasonOf = (source: unknown): string => {
  const parsed = parseServiceRule(encode({ source }), { unknownFields: 'refuse' });
  return parsed.ok ? 'taken' : parsed.reason;
};

describe('the source of a service rule', () => {
  const good = [
    { kind: 'serverset', path: '/aurora/web' },
    { kind: 'serverset', path: '/aurora/web', endpoint: 'admin' },
    { kind: 'nerve', path: '//nerve/services/web/services' },
    { kind: 'curator', path: '/discovery/web', endpoint: 'sslPort' },
  ];
  for (const source of good) {
    it(`is read: ${JSON.stringify(source)}`, () => {
      const parsed = parseServiceRule(encode({ interval: '5s', source }), { unknownFields: 'refuse' });
      expect(parsed).to.deep.equal({ ok: true, value: { intervalMs: 5000, source } });
    });
  }

  const bad: readonly [source: unknown, reason: string][] = [
    ['/aurora/web', 'source is "/aurora/web"; allowed: an object with kind and path'],
    [null, 'source is null; allowed'],
    [[], 'source is a list of 0'],
    [{ path: '/a' }, 'source.kind is missing; allowed: "serverset", "nerve", "curator"'],
    [{ kind: 'consul', path: '/a' }, 'source.kind is "consul"'],
    [{ kind: 'toString', path: '/a' }, 'source.kind is "toString"'],
    [{ kind: 'nerve' }, 'source.path is missing; allowed: the path of a znode'],
    [{ kind: 'nerve', path: 'a' }, 'source.path is "a"'],
    [{ kind: 'nerve', path: '/' }, 'source.path is "/"'],
    [{ kind: 'nerve', path: '//' }, 'source.path is "//"'],
    [{ kind: 'nerve', path: '///a' }, 'source.path is "///a"'],
    [{ kind: 'nerve', path: '/a/' }, 'source.path is "/a/"'],
    [{ kind: 'nerve', path: '/a//b' }, 'source.path is "/a//b"'],
    [{ kind: 'nerve', path: '/a/../services' }, 'source.path is "/a/../services"'],
    [{ kind: 'nerve', path: '/a\u0000' }, 'source.path is "/a\\u0000"'],
    [{ kind: 'nerve', path: '/a\u{1f600}' }, 'source.path is'],
    [{ kind: 'nerve', path: `/${'a'.repeat(1024)}` }, 'at most 1024 characters'],
    [{ kind: 'nerve', path: '/a', endpoint: 'x' }, 'source.endpoint is "x"; allowed: nothing'],
    [{ kind: 'curator', path: '/a', endpoint: 'admin' }, 'source.endpoint is "admin"; allowed: "port" or "sslPort"'],
    [{ kind: 'serverset', path: '/a', endpoint: '' }, 'source.endpoint is ""'],
    [{ kind: 'serverset', path: '/a', endpoint: 7 }, 'source.endpoint is 7'],
    [{ kind: 'serverset', path: '/a', port: 7 }, 'a field is "port"; allowed: kind, path, endpoint'],
  ];
  for (const [source, reason] of bad) {
    it(`is refused: ${JSON.stringify(source).slice(0, 60)}`, () => {
      expect(reasonOf(source)).to.include(reason);
    });
  }

  it('is skipped in the cluster defaults, and refused there by a check', () => {
    const data = encode({ source: { kind: 'nerve', path: '/a' } });
    expect(parseClusterDefaults(data)).to.have.nested.property('value.rule').that.deep.equals({});
    expect(parseClusterDefaults(data, { unknownFields: 'refuse' })).to.have.property('ok', false);
  });

  it('is in the JSON schema of a service, and not in that of the defaults', () => {
    expect(ruleJsonSchema('service'))
      .to.have.nested.property('properties.source.required')
      .that.deep.equals(['kind', 'path']);
    expect(ruleJsonSchema('defaults')).to.not.have.nested.property('properties.source');
  });
});
