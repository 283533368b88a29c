import { expect } from 'chai';
import { defaultInstanceName } from '../../src/instance-name.ts';

describe('defaultInstanceName', () => {
  const cases = [
    { hostName: 'shop-7d9f-x2x', addressHost: '10.0.0.5', port: 9100, name: 'shop-7d9f-x2x:9100' },
    { hostName: '', addressHost: '10.0.0.5', port: 9100, name: '10.0.0.5:9100' },
    { hostName: 'localhost', addressHost: '10.0.0.5', port: 1, name: '10.0.0.5:1' },
    { hostName: 'localhost.localdomain', addressHost: '::1', port: 1, name: '::1:1' },
    { hostName: 'localhoster', addressHost: '::1', port: 1, name: 'localhoster:1' },
  ];
  for (const { hostName, addressHost, port, name } of cases) {
    it(`names ${name} the instance on host "${hostName}"`, () => {
      expect(defaultInstanceName({ hostName, addressHost, port })).to.equal(name);
    });
  }
});
