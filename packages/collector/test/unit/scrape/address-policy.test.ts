import { expect } from 'chai';

import { AddressPolicy, parseNetwork } from '../../../src/scrape/address-policy.ts';

describe('AddressPolicy', () => {
  const denied = [
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '::',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0.0.0.0',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::0.0.0.1',
    '2002:a9fe:a9fe::1',
    'fd20:ce::254',
    '64:ff9b::224.0.0.1',
    '64:ff9b::239.255.255.255',
    '64:ff9b:1::10.0.0.1',
    '::a9fe:a9fe',
    '::7f00:1',
    '::2',
    '::3',
    '::ffff:0:a9fe:a9fe',
    '2002::1',
    '2002:0:1::1',
    '2002:e000:1::1',
    '2002:efff:ffff::1',
    'localhost',
    '',
    '1.2.3',
  ];
  for (const address of denied) {
    it(`refuses ${JSON.stringify(address)}`, () => {
      expect(new AddressPolicy().allows(address)).to.equal(false);
    });
  }

  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '8.8.8.8',
    '::1',
    'fd12:3456::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    'fd20:ce::253',
    '::1:0:0:1',
  ]) {
    it(`takes ${address}`, () => {
      expect(new AddressPolicy().allows(address)).to.equal(true);
    });
  }

  it('refuses further networks, but for those allowed', () => {
    const policy = new AddressPolicy({ deny: ['0.0.0.0/0', '::/0'], allow: ['10.0.0.0/8', '169.254.7.0/24'] });
    expect(['10.1.1.1', '169.254.7.9'].every((address) => policy.allows(address))).to.equal(true);
    expect(['127.0.0.1', '169.254.8.9', '::1'].some((address) => policy.allows(address))).to.equal(false);
  });

  it('refuses further names, but for those allowed', () => {
    const policy = new AddressPolicy({
      deny: ['.internal.example', '*.corp.example', 'db.example', '10.0.0.0/8'],
      allow: ['.metrics.internal.example', 'a.metrics.example'],
    });
    const names = ['a.internal.example', 'a.internal.example.', 'x.corp.example', 'db.example'];
    expect(names.filter((name) => policy.allowsName(name))).to.deep.equal([]);
    const others = ['internal.example', 'b.metrics.internal.example', 'a.db.example', 'x.example', 'notdb.example'];
    expect(others.filter((name) => !policy.allowsName(name))).to.deep.equal([]);
    expect(policy.allows('10.0.0.1')).to.equal(false);
  });

  for (const text of ['10.0.0.0/33', 'a b', '.', 'http://x', 'fe80::1%eth0', '10.0.0', '10.0.0.0.8']) {
    it(`takes no ${JSON.stringify(text)} for a host`, () => {
      expect(() => new AddressPolicy({ deny: [text] })).to.throw(RangeError);
    });
  }

  it('refuses what the numeric forms of the address mean once a URL was made of them', () => {
    for (const host of [
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '169.254.43518',
      '[::ffff:169.254.169.254]',
    ]) {
      const { hostname } = new URL(`http://${host}/`);
      expect(new AddressPolicy().allows(hostname.replace(/^\[|\]$/g, '')), host).to.equal(false);
    }
  });
});

describe('parseNetwork', () => {
  it('reads networks and single addresses', () => {
    expect(parseNetwork('10.0.0.0/8')).to.deep.equal({ address: '10.0.0.0', prefix: 8, family: 'ipv4' });
    expect(parseNetwork('::1')).to.deep.equal({ address: '::1', prefix: 128, family: 'ipv6' });
  });

  for (const text of ['', '10.0.0.0/33', '10.0.0/8', 'example.com', '::/129', '10.0.0.0/', '10.0.0.0/8/8']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseNetwork(text)).to.throw(RangeError, 'CIDR');
    });
  }
});
