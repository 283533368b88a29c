import { expect } from 'chai';

import type { CommandInput } from '../../../src/command.ts';
import { readRegistrationRequest, type RegistrationRequest } from '../../../src/sidecar/registration-request.ts';

const FACTS = { hostName: 'box-7', routableAddress: '10.0.0.7' };

function read(options: CommandInput['options'], facts = FACTS): RegistrationRequest {
  return readRegistrationRequest({ args: [], options }, facts);
}

describe('readRegistrationRequest', () => {
  it('tries the routable address before loopback when only a port is given', () => {
    expect(read({ service: 'db', port: '9187' })).to.deep.include({
      service: 'db',
      instance: 'box-7:9187',
      addresses: ['10.0.0.7:9187', '127.0.0.1:9187'],
    });
  });

  it('takes an address as it is', () => {
    expect(read({ service: 'db', address: 'db.local:9187', instance: 'primary' })).to.deep.include({
      instance: 'primary',
      addresses: ['db.local:9187'],
    });
  });

  it('names the instance by its address on a host without a name', () => {
    const facts = { hostName: 'localhost.localdomain', routableAddress: '10.0.0.7' };
    expect(read({ service: 'db', port: '1' }, facts).instance).to.equal('10.0.0.7:1');
  });

  it('puts an IPv6 address into brackets', () => {
    const { addresses } = read({ service: 'db', port: '9187' }, { hostName: 'box-7', routableAddress: '2001:db8::7' });
    expect(addresses).to.deep.equal(['[2001:db8::7]:9187', '127.0.0.1:9187']);
  });

  it('reads labels, also with an equals sign in the value', () => {
    const { scrape } = read({ service: 'db', port: '1', label: ['team=a', 'query=x=1'], retries: '0', interval: '5s' });
    expect(scrape).to.deep.include({ labels: { team: 'a', query: 'x=1' }, retries: 0, interval: '5s' });
  });

  const wrong: readonly (readonly [string, CommandInput['options'], RegExp])[] = [
    ['no service', { port: '1' }, /--service/],
    ['neither port nor address', { service: 'db' }, /--port or --address/],
    ['both', { service: 'db', port: '1', address: 'h:1' }, /--address or --port/],
    ['a port', { service: 'db', port: '70000' }, /--port "70000": .*65535/],
    ['an address', { service: 'db', address: 'file:///etc/passwd' }, /address is "file:/],
    ['an interval', { service: 'db', port: '1', interval: '10 years' }, /interval is "10 years"/],
    ['a path', { service: 'db', port: '1', path: 'metrics' }, /path is "metrics"/],
    ['a scheme', { service: 'db', port: '1', scheme: 'ftp' }, /http or https/],
    ['a label', { service: 'db', port: '1', label: ['team'] }, /name=value/],
    ['a label name', { service: 'db', port: '1', label: ['__x=1'] }, /label/],
    ['a service', { service: 'a/b', port: '1' }, /--service: .*"\/"/],
    ['an instance', { service: 'db', instance: '..', port: '1' }, /--instance: /],
  ];
  for (const [what, options, message] of wrong) {
    it(`refuses ${what} that is wrong`, () => {
      expect(() => read(options))
        .to.throw(message)
        .with.property('exitCode', 2);
    });
  }
});
