import { expect } from 'chai';
import { formatHostPort, listeningAddress, splitHostPort } from '../../src/host-address.ts';

describe('addresses of servers', () => {
  it('knows a server that listens on all interfaces from one that is bound', () => {
    const at = (address: string): unknown =>
      listeningAddress({ address: () => ({ address, family: 'IPv4', port: 80 }) });
    expect(at('0.0.0.0')).to.deep.equal({ host: undefined, port: 80 });
    expect(at('::')).to.deep.equal({ host: undefined, port: 80 });
    expect(at('127.0.0.1')).to.deep.equal({ host: '127.0.0.1', port: 80 });
    expect(listeningAddress({ address: () => '/run/socket' })).to.equal(undefined);
    expect(listeningAddress({ address: () => null })).to.equal(undefined);
  });

  it('writes and splits host and port, with brackets around IPv6', () => {
    expect(formatHostPort('10.0.0.1', 80)).to.equal('10.0.0.1:80');
    expect(formatHostPort('::1', 80)).to.equal('[::1]:80');
    expect(formatHostPort('[::1]', 80)).to.equal('[::1]:80');
    expect(splitHostPort('[::1]:80')).to.deep.equal({ host: '[::1]', port: 80 });
    expect(splitHostPort('nowhere').port).to.deep.equal(Number.NaN);
  });
});
