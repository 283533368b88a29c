import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger, type Logger } from '@pulsekeeper/model';
import { expect } from 'chai';

import type { CredentialStore } from '../../../src/credentials/credential-store.ts';
import { CollectorError } from '../../../src/errors.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import { connectionsOf, credentialsOf } from '../scrape/scraping.ts';

const SECRET = 'hunter2hunter2';

describe('CredentialStore', () => {
  let folder: string;
  let store: CredentialStore;
  let warnings: { message: string; fields: Record<string, unknown> }[];
  let logger: Logger;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-'));
    warnings = [];
    logger = {
      ...silentLogger,
      warn: (fields: Record<string, unknown>, message: string) => void warnings.push({ fields, message }),
    } as Logger;
  });

  afterEach(async () => {
    store.stop();
    await rm(folder, { recursive: true });
  });

  async function write(name: string, text: string, mode = 0o600): Promise<string> {
    const path = join(folder, name);
    // As secrets are replaced by those who do it well: at once, by a new file.
    await writeFile(`${path}.new`, text);
    await chmod(`${path}.new`, mode);
    await rename(`${path}.new`, path);
    return path;
  }

  async function start(text: string, mode?: number): Promise<string> {
    const file = await write('credentials.yaml', text, mode);
    store = credentialsOf(file, connectionsOf(), logger);
    await store.start();
    return file;
  }

  function headersFor(profile: string, host = 'db.example', service = 'shop'): readonly string[] | string {
    const access = store.accessTo({ profile, service, host });
    return access instanceof ScrapeError ? `${access.reason}: ${access.message}` : access.headers;
  }

  const withPassword = (password: string): string =>
    `profiles: {a: {hosts: [.example], basic: {username: u, password: ${password}}}}`;
  const basic = (password: string): string[] => [
    'authorization',
    `Basic ${Buffer.from(`u:${password}`).toString('base64')}`,
  ];

  it('reads YAML, and JSON, with secrets in place and in files of their own', async () => {
    await write('token', `${SECRET}\n`);
    await start(`
# comment
profiles:
  inline: { hosts: [db.example], basic: { username: u, password: ${SECRET} } }
  file:
    hosts: [10.0.0.0/8]
    bearer: { tokenFile: token }
    headers: { X-Scope-OrgID: tenant, X-Key: { file: ./token } }
`);
    expect(headersFor('inline')).to.deep.equal(basic(SECRET));
    const expected = ['authorization', `Bearer ${SECRET}`, 'x-scope-orgid', 'tenant', 'x-key', SECRET];
    expect(headersFor('file', '10.1.2.3')).to.deep.equal(expected);
    store.stop();
    await start(JSON.stringify({ profiles: { a: { hosts: ['db.example'], bearer: { token: 't' } } } }));
    expect(headersFor('a')).to.deep.equal(['authorization', 'Bearer t']);
  });

  it('gives nothing to hosts and services that a profile is not for, nor for a name that there is not', async () => {
    await start('profiles: {a: {hosts: [.example], services: [shop], bearer: {token: t}}}');
    expect(headersFor('a')).to.be.an('array');
    expect(headersFor('a', 'db.example.org')).to.equal(
      'credentials: the profile a is not bound to the host db.example.org',
    );
    expect(headersFor('a', '127.0.0.1')).to.match(/^credentials: .*not bound/);
    expect(headersFor('a', 'db.example', 'bank')).to.equal('credentials: the profile a is not for the service bank');
    expect(headersFor('b')).to.equal('credentials: there is no profile b in the credentials file');
    expect(headersFor('constructor')).to.match(/^credentials: there is no profile/);
    store = credentialsOf(undefined, connectionsOf());
    await store.start();
    expect(headersFor('a')).to.equal('credentials: there is no profile a: this collector has no credentials file');
  });

  it('reads files again when they change, and hands out the same while they do not', async () => {
    await write('password', 'one');
    await start(
      'profiles: {a: {hosts: [.example], basic: {username: u, passwordFile: password}}, b: {hosts: [.example]}}',
    );
    const question = { profile: 'b', service: 'shop', host: 'db.example' };
    const before = store.accessTo(question);
    await write('password', 'two');
    await store.refresh();
    expect(headersFor('a')).to.deep.equal(basic('two'));
    expect(store.accessTo(question)).to.equal(before);
    await write('credentials.yaml', withPassword('three'));
    await store.refresh();
    expect(headersFor('a')).to.deep.equal(basic('three'));
    expect(headersFor('b')).to.match(/there is no profile b/);
  });

  it('notices a link that is pointed elsewhere, as mounted secrets are replaced', async () => {
    await write('v1', 'one');
    await write('v2', 'two');
    await symlink('v1', join(folder, 'password'));
    await start('profiles: {a: {hosts: [.example], basic: {username: u, passwordFile: password}}}');
    expect(headersFor('a')).to.deep.equal(basic('one'));
    await symlink('v2', join(folder, 'password.new'));
    await rename(join(folder, 'password.new'), join(folder, 'password'));
    await store.refresh();
    expect(headersFor('a')).to.deep.equal(basic('two'));
  });

  it('keeps the last good content of what cannot be read, says so once, and recovers', async () => {
    const path = await write('password', 'one');
    const file = await start('profiles: {a: {hosts: [.example], basic: {username: u, passwordFile: password}}}');
    await rm(path);
    for (let look = 0; look < 3; look += 1) await store.refresh();
    expect(headersFor('a')).to.deep.equal(basic('one'));
    expect(store.problemCount).to.equal(1);
    expect(warnings.map(({ message }) => message)).to.deep.equal(['credentials cannot be read']);
    expect(warnings[0]?.fields).to.deep.equal({
      profile: 'a',
      problem: `${path}: cannot be read: ENOENT`,
      isStillUsable: true,
    });
    await write('password', 'two');
    await store.refresh();
    expect([headersFor('a'), store.problemCount]).to.deep.equal([basic('two'), 0]);
    await write('credentials.yaml', `profiles: [${SECRET}`);
    await store.refresh();
    expect([headersFor('a'), store.problemCount]).to.deep.equal([basic('two'), 1]);
    expect(JSON.stringify(warnings)).not.to.contain(SECRET);
    await rm(file);
    await store.refresh();
    expect([headersFor('a'), store.problemCount]).to.deep.equal([basic('two'), 1]);
    await write('credentials.yaml', withPassword('three'));
    await store.refresh();
    expect([headersFor('a'), store.problemCount]).to.deep.equal([basic('three'), 0]);
  });

  it('starts with a profile that cannot be used, to the harm of its targets alone', async () => {
    await start(
      'profiles: {a: {hosts: [.example], bearer: {tokenFile: none}}, b: {hosts: [.example], bearer: {token: t}}}',
    );
    expect(headersFor('a')).to.match(/^credentials: the profile a cannot be used: .*none: cannot be read: ENOENT/);
    expect(headersFor('b')).to.deep.equal(['authorization', 'Bearer t']);
    expect(store.problemCount).to.equal(1);
  });

  it('does not use secrets that no header may have, nor keys that are none', async () => {
    await start(`
profiles:
  a: { hosts: [.example], bearer: { token: "x\\r\\nhost: evil" } }
  b: { hosts: [.example], tls: { cert: ${SECRET}, key: ${SECRET} } }
  c: { hosts: ["10.0.0.0/99"] }
`);
    expect(headersFor('a')).to.match(/profiles\.a\.bearer\.token: .*no header may have/);
    expect(headersFor('b')).to.match(/profiles\.b\.tls: not taken by OpenSSL/);
    expect(headersFor('c')).to.match(/profiles\.c\.hosts: .*CIDR/);
    expect(`${String(headersFor('a'))}${String(headersFor('b'))}${JSON.stringify(warnings)}`).not.to.match(
      /hunter2|evil/,
    );
  });

  for (const [title, text, message] of [
    ['is no YAML', `a: [${SECRET}`, /credentials\.yaml: line 1 is not YAML/],
    ['has a secret for an alias', `profiles: {a: {bearer: {token: *${SECRET}}}}`, /an alias \(\*name\) has no anchor/],
    [
      'makes no sense',
      `profiles: {a: {hosts: [.example], basik: ${SECRET}}}`,
      /profiles\.a: there is no field "basik"/,
    ],
  ] as const) {
    it(`does not start with a file that ${title}`, async () => {
      const error = await start(text).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(CollectorError).with.property('code', 'InvalidConfig');
      expect((error as CollectorError).message)
        .to.match(message)
        .and.not.contain(SECRET);
    });
  }

  it('does not start with a file that is not there', async () => {
    store = credentialsOf(join(folder, 'none.yaml'), connectionsOf());
    const error = await store.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect((error as CollectorError).message).to.match(/none\.yaml: cannot be read: ENOENT/);
  });

  it('warns of secrets that others may read, not of certificates', async () => {
    const path = await write('password', 'x', 0o644);
    await write('ca.pem', '', 0o644);
    await start('profiles: {a: {hosts: [.example], basic: {username: u, passwordFile: password}}}', 0o644);
    expect(warnings).to.deep.equal([
      { fields: { path }, message: 'others on this machine may read a file with credentials' },
    ]);
    await write('credentials.yaml', withPassword('x'), 0o644);
    await store.refresh();
    await store.refresh();
    expect(warnings.map(({ fields }) => fields['path'])).to.deep.equal([path, join(folder, 'credentials.yaml')]);
  });
});
