import type { NetworkInterfaceInfo } from 'node:os';

import { expect } from 'chai';

import { firstRoutableAddress } from '../../src/routable-address.ts';

function info(address: string, family: 'IPv4' | 'IPv6', internal = false): NetworkInterfaceInfo {
  return { address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 };
}

describe('firstRoutableAddress', () => {
  it('takes the first IPv4 address that is neither loopback nor link-local', () => {
    const interfaces = {
      lo: [info('127.0.0.1', 'IPv4', true)],
      eth0: [info('fd00::5', 'IPv6'), info('169.254.3.4', 'IPv4'), info('10.1.2.3', 'IPv4')],
      eth1: [info('192.168.0.9', 'IPv4')],
    };
    expect(firstRoutableAddress(interfaces)).to.equal('10.1.2.3');
  });

  it('takes IPv6 where there is nothing else, and never a link-local address', () => {
    const interfaces = { eth0: [info('fe80::1', 'IPv6'), info('2001:db8::7', 'IPv6')] };
    expect(firstRoutableAddress(interfaces)).to.equal('2001:db8::7');
  });

  it('finds none on a host without a network', () => {
    expect(firstRoutableAddress({ lo: [info('127.0.0.1', 'IPv4', true)], none: undefined })).to.equal(undefined);
  });
});
