import { expect } from 'chai';

import { readProfileSpecs } from '../../../src/credentials/profile-spec.ts';
import { SpecError } from '../../../src/credentials/spec-reader.ts';

const SECRET = 'hunter2hunter2';
const good = { hosts: ['.example'], basic: { username: 'u', password: SECRET } };

describe('the description of profiles', () => {
  it('is read with all that there may be', () => {
    const [spec] = readProfileSpecs({
      profiles: {
        all: {
          hosts: ['.example'],
          services: ['shop'],
          bearer: { tokenFile: 'token' },
          headers: { 'X-Scope': 'a', 'X-Key': { file: 'key' } },
          tls: { certFile: 'c', keyFile: 'k', caFile: 'ca', serverName: 's', insecureSkipVerify: true },
          proxy: { url: 'http://proxy.example:3128/', basic: { username: 'p', passwordFile: 'pp' } },
        },
      },
    });
    expect(spec).to.deep.equal({
      name: 'all',
      hosts: ['.example'],
      services: ['shop'],
      authorization: { kind: 'bearer', token: { kind: 'file', path: 'token' } },
      headers: [
        ['x-scope', { kind: 'inline', text: 'a' }],
        ['x-key', { kind: 'file', path: 'key' }],
      ],
      tls: {
        cert: { kind: 'file', path: 'c' },
        key: { kind: 'file', path: 'k' },
        ca: { kind: 'file', path: 'ca' },
        serverName: 's',
        insecureSkipVerify: true,
      },
      proxy: {
        origin: 'http://proxy.example:3128',
        basic: { kind: 'basic', username: 'p', password: { kind: 'file', path: 'pp' } },
      },
    });
  });

  const refused: [value: unknown, message: RegExp][] = [
    [null, /^expected an object with profiles/],
    [{}, /^profiles: expected an object/],
    [{ profile: {} }, /there is no field "profile"/],
    [{ profiles: { 'a b': good } }, /^profiles\.\(a name that is not shown\): a profile is named/],
    [
      { profiles: { a: { ...good, host: ['x'] } } },
      /^profiles\.a: there is no field "host"; there are hosts, services/,
    ],
    [{ profiles: { a: { basic: good.basic } } }, /^profiles\.a\.hosts: say which hosts/],
    [{ profiles: { a: { ...good, hosts: [] } } }, /^profiles\.a\.hosts: say which hosts/],
    [{ profiles: { a: { ...good, hosts: 'example' } } }, /^profiles\.a\.hosts: expected a list/],
    [{ profiles: { a: { ...good, services: 'shop' } } }, /^profiles\.a\.services: expected a list/],
    [{ profiles: { a: { ...good, bearer: { token: SECRET } } } }, /^profiles\.a\.bearer: there is basic already/],
    [{ profiles: { a: { ...good, basic: { username: 'u' } } } }, /^profiles\.a\.basic\.password: needs/],
    [
      { profiles: { a: { ...good, basic: { username: 'u', password: SECRET, passwordFile: 'f' } } } },
      /^profiles\.a\.basic\.password: either/,
    ],
    [{ profiles: { a: { ...good, basic: { username: 'u:v', password: SECRET } } } }, /no colon/],
    [
      { profiles: { a: { ...good, basic: { username: 'u', password: 5 } } } },
      /^profiles\.a\.basic\.password: expected a text/,
    ],
    [{ profiles: { a: { ...good, basic: SECRET } } }, /^profiles\.a\.basic: expected an object with username/],
    [
      { profiles: { a: { ...good, headers: { Host: 'x' } } } },
      /^profiles\.a\.headers\.Host: this header is not to be set/,
    ],
    [{ profiles: { a: { ...good, headers: { 'a b': 'x' } } } }, /no name of a header/],
    [{ profiles: { a: { ...good, headers: { Authorization: SECRET } } } }, /there is basic or bearer already/],
    [
      { profiles: { a: { ...good, tls: { certFile: 'c' } } } },
      /^profiles\.a\.tls\.key: a client certificate needs both/,
    ],
    // A blank that is missing after a colon makes a name of a secret.
    [{ profiles: { a: { hosts: ['x'], bearer: { [`token:${SECRET}`]: null } } } }, /bearer: there is an unknown field/],
    [
      { profiles: { a: { hosts: ['x'], bearer: { 's3cr3t-T0ken': 1 } } } },
      /bearer: there is an unknown field; there are/,
    ],
    [{ profiles: { [`a:${SECRET}`]: null } }, /^profiles\.\(a name that is not shown\): a profile is named/],
    [{ [`profiles:${SECRET}`]: null }, /^there is an unknown field; there are profiles$/],
    [
      { profiles: { a: { ...good, headers: { [`X-Api-Key:${SECRET}`]: null } } } },
      /^profiles\.a\.headers\.\(a name that is not shown\): no name of a header/,
    ],
    [
      { profiles: { a: { ...good, headers: { [SECRET]: null } } } },
      /^profiles\.a\.headers\.\(a name that is not shown\): expected a text/,
    ],
    [{ profiles: { a: { ...good, tls: { insecureSkipVerify: 'yes' } } } }, /expected true or false/],
    [{ profiles: { a: { ...good, proxy: {} } } }, /^profiles\.a\.proxy\.url: expected http:\/\/host:port$/],
    ...[
      `//${SECRET}`,
      `https://${SECRET}:1`,
      `http://proxy/${SECRET}`,
      `http://proxy/?${SECRET}`,
      `ftp://${SECRET}`,
    ].map((url): [unknown, RegExp] => [{ profiles: { a: { ...good, proxy: { url } } } }, /proxy\.url: expected http:/]),
    [{ profiles: { a: { ...good, proxy: { url: `http://u:${SECRET}@proxy` } } } }, /name and password stand in basic/],
    [
      { profiles: { a: { ...good, proxy: { url: 'http://proxy', basic: { username: 'u' } } } } },
      /^profiles\.a\.proxy\.basic\.password: needs/,
    ],
    [{ profiles: { a: { ...good, headers: { 'Proxy-Authorization': SECRET } } } }, /this header is not to be set/],
  ];
  for (const [value, message] of refused) {
    it(`is refused without showing a secret: ${JSON.stringify(value).slice(0, 80)}`, () => {
      expect(() => readProfileSpecs(value))
        .to.throw(SpecError, message)
        .with.property('message')
        .that.does.not.contain(SECRET);
    });
  }
});
