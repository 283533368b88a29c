import { expect } from 'chai';

import { HostBinding, type Binding } from '../../../src/credentials/host-binding.ts';

describe('HostBinding', () => {
  const cases: [hosts: string[], host: string, binding: Binding][] = [
    [['db.example'], 'db.example', 'bound'],
    [['DB.example'], 'db.example', 'bound'],
    [['db.example'], 'db.example.', 'bound'],
    [['db.example'], 'x.db.example', 'unbound'],
    [['db.example'], 'db.example.evil.org', 'unbound'],
    [['.example'], 'db.example', 'bound'],
    [['*.example'], 'a.b.example', 'bound'],
    [['.example'], 'example', 'unbound'],
    [['.example'], 'evilexample', 'unbound'],
    [['10.0.0.0/8'], '10.1.2.3', 'bound'],
    [['10.0.0.0/8'], '11.1.2.3', 'unbound'],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', 'bound'],
    [['10.0.0.0/8'], 'db.example', 'by address'],
    [['10.1.2.3'], '10.1.2.3', 'bound'],
    [['fd00::/8'], 'fd00::1', 'bound'],
    [['fd00::1'], 'fd00::2', 'unbound'],
    [['db.example'], '10.1.2.3', 'unbound'],
    [['0.0.0.0/0'], '::1', 'unbound'],
  ];
  for (const [hosts, host, binding] of cases) {
    it(`takes ${host} for ${binding} where ${hosts.join()} is bound`, () => {
      expect(new HostBinding(hosts).bindingOf(host)).to.equal(binding);
    });
  }

  for (const host of ['', '*', 'a b', 'http://h', 'h:80', '10.0.0.0/33', 'user@h', '..', '*.', 'fe80::1%eth0']) {
    it(`refuses ${JSON.stringify(host)}`, () => expect(() => new HostBinding([host])).to.throw(RangeError));
  }
});
