import { expect } from 'chai';

import { formatServerAddress, parseConnectString } from '../../src/connect-string.ts';
import { isZkError } from '../../src/errors.ts';

describe('parseConnectString', () => {
  const accepted: [text: string, servers: string[], chroot: string][] = [
    ['localhost', ['localhost:2181'], ''],
    ['h1:2181,h2:2182', ['h1:2181', 'h2:2182'], ''],
    ['h1/pulsekeeper', ['h1:2181'], '/pulsekeeper'],
    ['h1:1,h2/a/b', ['h1:1', 'h2:2181'], '/a/b'],
    ['h1/', ['h1:2181'], ''],
    ['h1/a/', ['h1:2181'], '/a'],
    [' h1:2181 ,\th2:2181 ', ['h1:2181', 'h2:2181'], ''],
    ['h1 /a', ['h1:2181'], '/a'],
    ['[::1]:2181,[fe80::2]', ['[::1]:2181', '[fe80::2]:2181'], ''],
    ['127.0.0.1:65535', ['127.0.0.1:65535'], ''],
    ['zk_1.my-host.example.', ['zk_1.my-host.example.:2181'], ''],
  ];
  for (const [text, servers, chroot] of accepted) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const parsed = parseConnectString(text);
      expect(parsed.servers.map(formatServerAddress)).to.deep.equal(servers);
      expect(parsed.chroot).to.equal(chroot);
    });
  }

  const refused: [text: string, named: RegExp][] = [
    ['', /empty/],
    ['/chroot', /empty/],
    ['h1,,h2', /empty/],
    ['h1,', /empty/],
    ['h1:', /port ""/],
    ['h1:0', /port "0"/],
    ['h1:65536', /port "65536"/],
    ['h1:21x', /port "21x"/],
    ['h1:-1', /port "-1"/],
    ['h1:2181:2182', /brackets/],
    ['h 1:2181', /host "h 1"/],
    ['h1;h2', /host/],
    ['-h1', /host/],
    ['::1', /brackets/],
    ['fe80::1:2181', /brackets/],
    ['[::1', /brackets/],
    ['[h1]:2181', /not an IPv6/],
    ['[::1]2181', /brackets/],
    ['h1//a', /chroot/],
    ['h1/a//b', /chroot/],
    ['h1/a/../b', /chroot/],
    ['h1/a\u0000', /chroot/],
  ];
  for (const [text, named] of refused) {
    it(`refuses ${JSON.stringify(text)} and says what is wrong`, () => {
      expect(() => parseConnectString(text))
        .to.throw(named)
        .that.satisfies((error: unknown) => isZkError(error, 'InvalidConnectString'));
    });
  }
});
