import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { CliError } from '../../../src/errors.ts';
import { parseEnvFile } from '../../../src/settings/env-file.ts';
import { loadSettings, type Settings, type SettingsInput } from '../../../src/settings/load-settings.ts';

describe('loadSettings', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-cli-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function load(input: Partial<SettingsInput>): Settings {
    return loadSettings({ flags: {}, env: {}, cwd: folder, ...input });
  }
  function configFile(text: string): string {
    const path = join(folder, 'pulsekeeper.json');
    writeFileSync(path, text);
    return path;
  }
  function writeLocalEnv(text: string): void {
    mkdirSync(join(folder, '.pulsekeeper'));
    writeFileSync(join(folder, '.pulsekeeper', 'env'), text);
  }
  function refusal(input: Partial<SettingsInput>): string {
    try {
      load(input);
    } catch (error) {
      expect(error).to.be.instanceOf(CliError).and.have.property('code', 'Usage');
      const { message } = error as CliError;
      expect(message).not.to.contain('\n');
      return message;
    }
    throw new Error('the settings were accepted');
  }

  it('has defaults for everything', () => {
    expect(load({})).to.deep.include({
      zookeeper: '127.0.0.1:2181/pulsekeeper',
      redis: 'redis://127.0.0.1:6379',
      keyPrefix: 'pulsekeeper',
      sessionTimeoutMs: 6000,
      connectTimeoutMs: 5000,
      replication: 1,
      logLevel: 'silent',
      zookeeperAuth: undefined,
    });
  });

  it('reads the certificates for Redis as the collectors do, from files', () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, 'PEM');
    const env = {
      PULSEKEEPER_REDIS: 'rediss://r:6379',
      PULSEKEEPER_STORE_TLS_CA_FILE: path,
      PULSEKEEPER_STORE_TLS_SERVER_NAME: 'redis.example',
    };
    expect(load({ env }).storeTls).to.deep.equal({ ca: Buffer.from('PEM'), servername: 'redis.example' });
    expect(load({}).storeTls).to.equal(undefined);
  });

  it('reads who we are to the Sentinels, as the collectors do', () => {
    const env = {
      PULSEKEEPER_REDIS: 'redis+sentinel://h/m',
      PULSEKEEPER_STORE_SENTINEL_USERNAME: 'reader',
      PULSEKEEPER_STORE_SENTINEL_PASSWORD: 'hunter2',
    };
    expect(load({ env }).storeSentinel).to.deep.equal({ username: 'reader', password: 'hunter2' });
    expect(load({}).storeSentinel).to.equal(undefined);
    const file = configFile('{"redis": "rediss+sentinel://h/m", "store": {"sentinel": {"password": "hunter2"}}}');
    expect(load({ configFile: file }).storeSentinel).to.deep.equal({ username: undefined, password: 'hunter2' });
    const ofUrl = refusal({ env: { ...env, PULSEKEEPER_REDIS: 'redis://h' } });
    expect(ofUrl).to.match(/^PULSEKEEPER_REDIS: redis has no Sentinels: .* expected redis\+sentinel:/);
    expect(ofUrl).not.to.contain('hunter2');
    expect(refusal({ env: { ...env, PULSEKEEPER_STORE_SENTINEL_PASSWORD: '' } })).to.match(
      /^PULSEKEEPER_STORE_SENTINEL_USERNAME: .* it needs PULSEKEEPER_STORE_SENTINEL_PASSWORD$/,
    );
  });

  it('reads how to speak TLS with ZooKeeper and whose its znodes are, as the collectors do', () => {
    const path = join(folder, 'zookeeper.pem');
    writeFileSync(path, 'PEM');
    const given = load({
      env: { PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE: path, PULSEKEEPER_ZOOKEEPER_TLS_SERVER_NAME: 'zk' },
    });
    expect(given.zookeeperTls).to.deep.equal({ ca: Buffer.from('PEM'), serverName: 'zk' });
    expect(load({ flags: { zookeeperTls: 'true' } }).zookeeperTls).to.deep.equal({});
    expect(load({})).to.deep.include({ zookeeperTls: undefined, zookeeperAcl: 'open' });
    const env = { PULSEKEEPER_ZOOKEEPER_ACL: 'creator-all', PULSEKEEPER_ZOOKEEPER_AUTH: 'digest:u:p' };
    expect(load({ env }).zookeeperAcl).to.equal('creator-all');
    expect(refusal({ flags: { zookeeperAcl: 'creator-all' } })).to.match(
      /^--zookeeper-acl: zookeeperAcl is "creator-all": it needs PULSEKEEPER_ZOOKEEPER_AUTH or /,
    );
    expect(refusal({ flags: { zookeeperAcl: 'mine' } })).to.match(/expected one of open, creator-all, /);
  });

  it('takes settings in groups, as the collectors do, and says where one is wrong', () => {
    const file = configFile(
      '{"redis": "redis://r", "zookeeper": {"connectString": "z:1", "tls": true}, "log": {"level": "warn"}}',
    );
    expect(load({ configFile: file })).to.deep.include({ zookeeper: 'z:1', zookeeperTls: {}, logLevel: 'warn' });
    expect(refusal({ configFile: configFile('{"log": {"level": "loud"}}') })).to.match(
      /\.json: log\.level: logLevel is "loud": expected one of /,
    );
    expect(refusal({ configFile: configFile('{"logLevel": "warn", "log": {"level": "warn"}}') })).to.match(
      /logLevel and log\.level are the same setting; give one of them$/,
    );
  });

  const wrongTls: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['a file that is not there', { CA_FILE: '/none.pem' }, /^PULSEKEEPER_STORE_TLS_CA_FILE: .*"\/none.pem": ENOENT/],
    ['half a client certificate', { CERT_FILE: '/c.pem' }, /^PULSEKEEPER_STORE_TLS_KEY_FILE: .* needs both its files$/],
    ['a URL without TLS', { SERVER_NAME: 'r' }, /speaks no TLS: .* expected rediss:\/\/$/],
  ];
  for (const [what, settings, message] of wrongTls) {
    it(`refuses ${what}`, () => {
      const named = Object.entries(settings).map(([name, value]) => [`PULSEKEEPER_STORE_TLS_${name}`, value]);
      expect(refusal({ env: Object.fromEntries(named) as Record<string, string> })).to.match(message);
    });
  }

  it('takes flags over the environment over the file over the local cluster over the defaults', () => {
    writeLocalEnv('PULSEKEEPER_ZOOKEEPER=local:1/a\nPULSEKEEPER_REDIS=redis://local\n');
    const all = {
      configFile: configFile('{"zookeeper": "file:1", "redis": "redis://file", "keyPrefix": "file", "replication": 2}'),
      env: { PULSEKEEPER_REDIS: 'redis://env', PULSEKEEPER_KEY_PREFIX: 'env' },
      flags: { keyPrefix: 'flag' },
    };
    expect(load(all)).to.include({ zookeeper: 'file:1', redis: 'redis://env', keyPrefix: 'flag', replication: 2 });
    expect(load(all).sources).to.include({
      zookeeper: all.configFile,
      redis: 'PULSEKEEPER_REDIS',
      keyPrefix: '--key-prefix',
      sessionTimeout: 'default',
    });
    expect(load({})).to.include({ zookeeper: 'local:1/a', redis: 'redis://local', keyPrefix: 'pulsekeeper' });
    expect(load({}).sources.redis).to.equal('.pulsekeeper/env');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(load({ env: { PULSEKEEPER_REDIS: '' } }).redis).to.equal('redis://127.0.0.1:6379');
  });

  it('reads numbers and durations written as text', () => {
    const settings = load({ env: { PULSEKEEPER_REPLICATION: '3', PULSEKEEPER_SESSION_TIMEOUT: '1m30s' } });
    expect(settings).to.include({ replication: 3, sessionTimeoutMs: 90_000 });
  });

  const wrong: readonly (readonly [string, Partial<SettingsInput>, RegExp])[] = [
    ['a duration', { env: { PULSEKEEPER_SESSION_TIMEOUT: '6' } }, /^PULSEKEEPER_SESSION_TIMEOUT: .*"6".*500ms/],
    ['a duration of zero', { flags: { connectTimeout: '0' } }, /^--connect-timeout: .*above 0/],
    ['a URL', { flags: { redis: 'http://h' } }, /^--redis: .*redis\+sentinel/],
    ['a server', { env: { PULSEKEEPER_ZOOKEEPER: '[1.2]:1/x' } }, /^PULSEKEEPER_ZOOKEEPER: .*"1\.2" is not an IPv6/],
    ['a port', { env: { PULSEKEEPER_ZOOKEEPER: 'zk1:99999' } }, /host:port.* but port "99999"/],
    ['a chroot', { env: { PULSEKEEPER_ZOOKEEPER: 'zk1:1/a//b' } }, /chroot "\/a\/\/b" must not contain an empty name/],
    ['a chroot that climbs', { flags: { zookeeper: 'zk1:1/a/../b' } }, /^--zookeeper: .*chroot "\/a\/\.\.\/b"/],
    ['an empty host', { env: { PULSEKEEPER_ZOOKEEPER: 'zk1:1,' } }, /a server is empty/],
    ['a connect string with credentials', { flags: { zookeeper: 'me:pw@h:1' } }, /PULSEKEEPER_ZOOKEEPER_AUTH/],
    ['a URL with a password as an option', { flags: { redis: 'redis://u:pw@h' } }, /^--redis .*set PULSEKEEPER_REDIS/],
    ['a replication', { flags: { replication: 'two' } }, /whole number from 1 to 16/],
    ['a log level', { flags: { logLevel: 'loud' } }, /one of trace, debug/],
    ['a key prefix', { flags: { keyPrefix: 'a{b}' } }, /braces/],
  ];
  for (const [what, input, expected] of wrong) {
    it(`refuses ${what} that is wrong, in one line that says where it came from`, () => {
      expect(refusal(input)).to.match(expected);
    });
  }

  it('accepts ensembles, IPv6 and no chroot', () => {
    for (const zookeeper of ['a:1,b:2,c:3/x/y', '[::1]:2181/p', 'a:1', 'a:1/', 'a']) {
      expect(load({ env: { PULSEKEEPER_ZOOKEEPER: zookeeper } }).zookeeper).to.equal(zookeeper);
    }
  });

  it('never shows a secret', () => {
    expect(refusal({ env: { PULSEKEEPER_REDIS: 'rediss+odd://u:hunter2@h' } })).not.to.contain('hunter2');
    expect(refusal({ env: { PULSEKEEPER_ZOOKEEPER_AUTH: 'hunter2' } })).not.to.contain('hunter2');
    expect(refusal({ flags: { redis: 'redis://:hunter2@h' } })).not.to.contain('hunter2');
    expect(refusal({ flags: { redis: 'redis+sentinel://h/m?sentinelPassword=hunter2' } })).not.to.contain('hunter2');
    expect(refusal({ flags: { zookeeper: 'me:hunter2@h:2181/x' } })).not.to.contain('hunter2');
  });

  describe('with a configuration file', () => {
    it('refuses one that is missing, is no JSON, is no object, or has an unknown field', () => {
      expect(refusal({ configFile: join(folder, 'none.json') })).to.match(/none\.json: ENOENT/);
      expect(refusal({ configFile: configFile('{') })).to.match(/--config .*JSON/);
      expect(refusal({ configFile: configFile('[]') })).to.match(/expected a JSON object/);
      expect(refusal({ configFile: configFile('{"zookeper": "a:1"}') })).to.match(
        /unknown setting "zookeper".*zookeeper/,
      );
    });

    it('refuses a value of another type', () => {
      expect(refusal({ configFile: configFile('{"redis": 1}') })).to.match(/redis is "1"/);
      expect(refusal({ configFile: configFile('{"zookeeper": ["a:1"]}') })).to.match(/zookeeper/);
    });
  });
});

describe('parseEnvFile', () => {
  it('reads the two addresses and nothing else', () => {
    const text = [
      '# written by npm start',
      '',
      'export PULSEKEEPER_ZOOKEEPER="127.0.0.1:4000/p"',
      "PULSEKEEPER_REDIS = 'redis://127.0.0.1:4001?a=b'\r",
      'PULSEKEEPER_LOG_LEVEL=debug',
      'NODE_OPTIONS=--require=evil',
      'nonsense',
    ].join('\n');
    expect([...parseEnvFile(text)]).to.deep.equal([
      ['PULSEKEEPER_ZOOKEEPER', '127.0.0.1:4000/p'],
      ['PULSEKEEPER_REDIS', 'redis://127.0.0.1:4001?a=b'],
    ]);
  });
});
