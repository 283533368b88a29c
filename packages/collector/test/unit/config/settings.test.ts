import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { flattenSettings } from '@pulsekeeper/model';
import { expect } from 'chai';

import { helpText, parseCommandLine } from '../../../src/config/command-line.ts';
import { loadSettings, redactSettings, type SettingsInput } from '../../../src/config/load-settings.ts';
import { SETTING_NAMES, SETTINGS_SCHEMA } from '../../../src/config/settings-schema.ts';
import { CollectorError } from '../../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'collector-settings-'));
after(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, text);
  return path;
}

function load(input: Partial<SettingsInput>): ReturnType<typeof loadSettings> {
  return loadSettings({ flags: {}, env: {}, ...input });
}

function problem(input: Partial<SettingsInput>): string {
  try {
    load(input);
  } catch (error) {
    expect(error).to.be.instanceOf(CollectorError).with.property('code', 'InvalidConfig');
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('loadSettings', () => {
  it('has a good default for everything', () => {
    const { options, logLevel } = load({});
    expect(options).to.include({
      zookeeper: '127.0.0.1:2181/pulsekeeper',
      redis: 'redis://127.0.0.1:6379',
      replication: 1,
    });
    expect(options.listen).to.deep.equal({ host: '127.0.0.1', port: 0 });
    expect(options.id).to.match(/-[0-9a-f]{6}$/);
    expect(logLevel).to.equal('info');
  });

  it('reads the environment under the names that others rely on', () => {
    const env = {
      PULSEKEEPER_ZOOKEEPER: 'z:1/x',
      PULSEKEEPER_REDIS: 'redis+cluster://h1:1,h2:2',
      PULSEKEEPER_SESSION_TIMEOUT: '2s',
      PULSEKEEPER_COLLECTOR_ID: 'c1',
      PULSEKEEPER_LISTEN: '0.0.0.0:9464',
      PULSEKEEPER_REPLICATION: '2',
      PULSEKEEPER_STORE: 'stream',
      PULSEKEEPER_RETENTION: '1h',
      PULSEKEEPER_LOG_LEVEL: 'debug',
      PULSEKEEPER_BUFFER: '',
      PULSEKEEPER_DISCOVERY_MODE: 'poll',
      PULSEKEEPER_DISCOVERY_POLL_INTERVAL: '500ms',
    };
    const { options, logLevel } = load({ env });
    expect(options).to.include({
      zookeeper: 'z:1/x',
      redis: 'redis+cluster://h1:1,h2:2',
      sessionTimeoutMs: 2_000,
      id: 'c1',
      replication: 2,
      retentionMs: 3_600_000,
      bufferBytes: 256 * 1024 * 1024,
      discoveryMode: 'poll',
      pollIntervalMs: 500,
    });
    expect(options.listen).to.deep.equal({ host: '0.0.0.0', port: 9464 });
    expect(logLevel).to.equal('debug');
  });

  it('reads what the store does when Redis is away or loses something', () => {
    expect(load({}).options).to.deep.include({
      storeSpillPath: undefined,
      storeAck: { replicas: 0, timeoutMs: 1_000 },
      storeRewriteWindowMs: 60_000,
    });
    const env = {
      PULSEKEEPER_STORE_SPILL_PATH: 'frames.spill',
      PULSEKEEPER_STORE_ACK: '2',
      PULSEKEEPER_STORE_ACK_TIMEOUT: '300ms',
      PULSEKEEPER_STORE_REWRITE_WINDOW: '5m',
    };
    expect(load({ env }).options).to.deep.include({
      storeSpillPath: 'frames.spill',
      storeAck: { replicas: 2, timeoutMs: 300 },
      storeRewriteWindowMs: 300_000,
    });
  });

  it('reads how Redis is verified, and by which certificate we are', () => {
    expect(load({}).options.storeTls).to.equal(undefined);
    const [ca, cert, key] = ['authority', 'certificate', 'key'].map((text) => fileWith(text));
    const env = {
      PULSEKEEPER_REDIS: 'rediss+sentinel://h/m',
      PULSEKEEPER_STORE_TLS_CA_FILE: ca,
      PULSEKEEPER_STORE_TLS_CERT_FILE: cert,
      PULSEKEEPER_STORE_TLS_KEY_FILE: key,
      PULSEKEEPER_STORE_TLS_KEY_PASSPHRASE: 'hunter2',
      PULSEKEEPER_STORE_TLS_SERVER_NAME: 'redis.example',
    };
    const { options, raw } = load({ env });
    expect(options.storeTls).to.deep.equal({
      ca: Buffer.from('authority'),
      cert: Buffer.from('certificate'),
      key: Buffer.from('key'),
      passphrase: 'hunter2',
      servername: 'redis.example',
    });
    expect(JSON.stringify(redactSettings(raw))).not.to.contain('hunter2');
    expect(problem({ env: { ...env, PULSEKEEPER_REDIS: 'redis://h' } })).to.match(/^PULSEKEEPER_REDIS: .*rediss:/);
    expect(problem({ env: { ...env, PULSEKEEPER_STORE_TLS_KEY_FILE: '' } })).to.match(
      /^PULSEKEEPER_STORE_TLS_KEY_FILE: storeTlsKeyFile is ""; a client certificate needs both its files$/,
    );
    expect(problem({ env: { ...env, PULSEKEEPER_STORE_TLS_CA_FILE: '/nowhere/ca.pem' } })).to.match(
      /^PULSEKEEPER_STORE_TLS_CA_FILE: .*ENOENT/,
    );
    const nested = fileWith('{"redis":"rediss://h","store":{"tls":{"serverName":"r"}}}');
    expect(load({ configFile: nested }).options.storeTls).to.deep.equal({ servername: 'r' });
  });

  it('reads who we are to the Sentinels', () => {
    expect(load({}).options.storeSentinel).to.equal(undefined);
    const env = {
      PULSEKEEPER_REDIS: 'redis+sentinel://u:of-redis@h/m',
      PULSEKEEPER_STORE_SENTINEL_USERNAME: 'collector',
      PULSEKEEPER_STORE_SENTINEL_PASSWORD: 'hunter2',
    };
    const { options, raw } = load({ env });
    expect(options.storeSentinel).to.deep.equal({ username: 'collector', password: 'hunter2' });
    expect(redactSettings(raw)).to.include({ storeSentinelUsername: 'collector', storeSentinelPassword: '***' });
    expect(JSON.stringify(redactSettings(raw))).not.to.contain('hunter2');
    const file = fileWith('{"redis":"rediss+sentinel://h/m","store":{"sentinel":{"password":"hunter2"}}}');
    expect(load({ configFile: file }).options.storeSentinel).to.deep.equal({
      username: undefined,
      password: 'hunter2',
    });
    const url = problem({ env: { ...env, PULSEKEEPER_REDIS: 'redis://h' } });
    expect(url).to.match(/^PULSEKEEPER_REDIS: redis has no Sentinels; .* expected redis\+sentinel:/);
    expect(url).not.to.contain('hunter2');
    expect(problem({ env: { ...env, PULSEKEEPER_STORE_SENTINEL_PASSWORD: '' } })).to.match(
      /^PULSEKEEPER_STORE_SENTINEL_PASSWORD: storeSentinelPassword is ""; /,
    );
  });

  it('reads how ZooKeeper is spoken to, and who may touch our znodes', () => {
    expect(load({}).options).to.deep.include({ zookeeperAcl: 'open', zookeeperTls: undefined });
    const [ca, cert, key] = ['authority', 'certificate', 'key'].map((text) => fileWith(text));
    const env = {
      PULSEKEEPER_ZOOKEEPER_ACL: 'creator-all-world-read',
      PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE: ca,
      PULSEKEEPER_ZOOKEEPER_TLS_CERT_FILE: cert,
      PULSEKEEPER_ZOOKEEPER_TLS_KEY_FILE: key,
      PULSEKEEPER_ZOOKEEPER_TLS_KEY_PASSPHRASE: 'hunter2',
      PULSEKEEPER_ZOOKEEPER_TLS_SERVER_NAME: 'zk.example',
    };
    const { options, raw } = load({ env });
    expect(options).to.deep.include({
      zookeeperAcl: 'creator-all-world-read',
      zookeeperTls: {
        ca: Buffer.from('authority'),
        cert: Buffer.from('certificate'),
        key: Buffer.from('key'),
        passphrase: 'hunter2',
        serverName: 'zk.example',
      },
    });
    expect(JSON.stringify(redactSettings(raw))).not.to.contain('hunter2');
    const empty = { ca: undefined, cert: undefined, key: undefined, passphrase: undefined, serverName: undefined };
    expect(load({ flags: { zookeeperTls: 'true' } }).options.zookeeperTls).to.deep.equal(empty);
    const nested = fileWith('{"zookeeper":{"tls":{"serverName":"zk"},"auth":"digest:u:p","acl":"creator-all"}}');
    expect(load({ configFile: nested }).options).to.deep.include({
      zookeeperAcl: 'creator-all',
      zookeeperTls: { ...empty, serverName: 'zk' },
    });
  });

  it('lets flags win over the environment, and that over the file', () => {
    const configFile = fileWith('{"collectorId":"file","retention":"3h","replication":3,"scrapeDeny":["10.0.0.0/8"]}');
    const env = { PULSEKEEPER_COLLECTOR_ID: 'env', PULSEKEEPER_RETENTION: '2h' };
    const { options } = load({ configFile, env, flags: { collectorId: 'flag' } });
    expect(options).to.include({ id: 'flag', retentionMs: 7_200_000, replication: 3 });
    expect(options.scrapeDeny).to.deep.equal(['10.0.0.0/8']);
  });

  it('takes groups of settings in the file as objects, too', () => {
    const configFile = fileWith(
      JSON.stringify({
        zookeeper: { connectString: 'z:1/x', auth: 'digest:u:p' },
        discovery: { mode: 'poll', pollInterval: '500ms' },
        store: { driver: 'stream', bufferBytes: 1_048_576, spillPath: 'f', ack: 1, timeseries: { mirror: ['up'] } },
        scrape: { deny: ['10.0.0.0/8'], allow: '10.1.0.0/16' },
        replication: 2,
      }),
    );
    const { options } = load({ configFile });
    expect(options).to.deep.include({
      zookeeper: 'z:1/x',
      zookeeperAuth: 'digest:u:p',
      discoveryMode: 'poll',
      pollIntervalMs: 500,
      storeDriver: 'stream',
      bufferBytes: 1_048_576,
      storeSpillPath: 'f',
      storeAck: { replicas: 1, timeoutMs: 1_000 },
      scrapeDeny: ['10.0.0.0/8'],
      scrapeAllow: ['10.1.0.0/16'],
      replication: 2,
    });
    expect(options.storeTimeseries?.mirror).to.have.length(1);
  });

  it('knows every setting by its nested name, which is the flat one cut at its first capital', () => {
    for (const name of SETTING_NAMES) {
      const [, group, letter, rest] = /^([a-z]+)([A-Z])(.+)$/.exec(name) ?? [];
      if (group === undefined || letter === undefined || rest === undefined) continue;
      const key = letter.toLowerCase() + rest;
      expect(flattenSettings({ [group]: { [key]: 'x' } })).to.deep.equal([
        { name, path: `${group}.${key}`, value: 'x' },
      ]);
    }
  });

  it('refuses a setting that is given in both forms, and says where a nested one is wrong', () => {
    expect(problem({ configFile: fileWith('{"discoveryMode":"poll","discovery":{"mode":"watch"}}') })).to.match(
      /^--config .*: discoveryMode and discovery\.mode are the same setting; give one of them$/,
    );
    expect(problem({ configFile: fileWith('{"store":{"ack":"all"}}') })).to.match(
      /\.json: store\.ack: storeAck is "all"; expected a whole number from 0 to 100$/,
    );
    expect(problem({ configFile: fileWith('{"store":{"acks":1}}') })).to.contain('there is no setting "storeAcks"');
  });

  const wrong: [string, Partial<SettingsInput>, RegExp][] = [
    [
      'a number that is none',
      { env: { PULSEKEEPER_REPLICATION: 'two' } },
      /^PULSEKEEPER_REPLICATION: replication is "two"; expected a whole number from 1 to 16$/,
    ],
    [
      'a duration that is none',
      { flags: { retention: '5' } },
      /^--retention: retention is "5"; expected a duration above 0/,
    ],
    ['a zero duration', { env: { PULSEKEEPER_SESSION_TIMEOUT: '0' } }, /above 0/],
    ['a level that does not exist', { env: { PULSEKEEPER_LOG_LEVEL: 'loud' } }, /expected one of trace, debug/],
    ['an address without a port', { env: { PULSEKEEPER_LISTEN: 'localhost' } }, /expected host:port/],
    ['an address with a port beyond all', { env: { PULSEKEEPER_LISTEN: 'localhost:70000' } }, /expected host:port/],
    [
      'an id that cannot be a znode',
      { env: { PULSEKEEPER_COLLECTOR_ID: 'a/b' } },
      /^PULSEKEEPER_COLLECTOR_ID: collectorId is "a\/b"; /,
    ],
    [
      'a connect string with an impossible port',
      { env: { PULSEKEEPER_ZOOKEEPER: 'zk1:0/x' } },
      /^PULSEKEEPER_ZOOKEEPER: zookeeper is "zk1:0\/x"; /,
    ],
    [
      'a network that is none',
      { env: { PULSEKEEPER_SCRAPE_DENY: '10.0.0.0/8,no/where' } },
      /"no\/where" is not a network/,
    ],
    [
      'acknowledgement by replicas of a cluster',
      { env: { PULSEKEEPER_STORE_ACK: '1', PULSEKEEPER_REDIS: 'redis+cluster://h' } },
      /^PULSEKEEPER_STORE_ACK: storeAck is 1; with redis\+cluster it must be 0$/,
    ],
    [
      'a wait for replicas that outlasts a command',
      { flags: { storeAckTimeout: '2s' } },
      /^PULSEKEEPER_STORE_ACK_TIMEOUT: storeAckTimeout is "2s"; expected less than 2000ms$/,
    ],
    [
      'a discovery mode that does not exist',
      { env: { PULSEKEEPER_DISCOVERY_MODE: 'push' } },
      /^PULSEKEEPER_DISCOVERY_MODE: discoveryMode is "push"; expected one of watch, poll$/,
    ],
    [
      'a hand-over shorter than the news takes',
      { env: { PULSEKEEPER_HANDOVER: '2s', PULSEKEEPER_DISCOVERY_MODE: 'poll' } },
      /^PULSEKEEPER_HANDOVER: handover is "2s"; when polling every 2s it must be more than 1\.1 times that, 2200ms$/,
    ],
    ['a driver that it does not have', { env: { PULSEKEEPER_STORE: 'files' } }, /expected one of stream, timeseries/],
    [
      'a mirror of what are time series',
      { env: { PULSEKEEPER_STORE: 'timeseries', PULSEKEEPER_STORE_TIMESERIES_MIRROR: 'up' } },
      /^PULSEKEEPER_STORE_TIMESERIES_MIRROR: storeTimeseriesMirror is set; with store timeseries/,
    ],
    [
      'a mirror of what is no selector',
      { env: { PULSEKEEPER_STORE_TIMESERIES_MIRROR: 'up;{a=~"("}' } },
      /^PULSEKEEPER_STORE_TIMESERIES_MIRROR: storeTimeseriesMirror is .*; expected selectors such as up;.*separated by semicolons: /,
    ],
    [
      'chunks of an odd size',
      { env: { PULSEKEEPER_STORE_TIMESERIES_CHUNK: '100' } },
      /storeTimeseriesChunk is "100"; expected a multiple of 8 from 48 to 1048576$/,
    ],
    [
      'znodes of our own without credentials to own them by',
      { env: { PULSEKEEPER_ZOOKEEPER_ACL: 'creator-all' } },
      /^PULSEKEEPER_ZOOKEEPER_ACL: zookeeperAcl is "creator-all"; it needs zookeeperAuth or zookeeperTlsCertFile, /,
    ],
    [
      'a client certificate without its key',
      { env: { PULSEKEEPER_ZOOKEEPER_TLS_CERT_FILE: '/nowhere/cert.pem' } },
      /^PULSEKEEPER_ZOOKEEPER_TLS_KEY_FILE: zookeeperTlsKeyFile is ""; a client certificate needs both its files$/,
    ],
    [
      'a file of authorities that does not exist',
      { env: { PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE: '/nowhere/ca.pem' } },
      /^PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE: zookeeperTlsCaFile is "\/nowhere\/ca\.pem"; ENOENT: no such file or directory$/,
    ],
    ['a file that does not exist', { configFile: '/nowhere/x.json' }, /^--config \/nowhere\/x\.json: ENOENT/],
  ];
  for (const [title, input, expected] of wrong) {
    it(`refuses ${title} in one line`, () => {
      const message = problem(input);
      expect(message).to.match(expected);
      expect(message).not.to.contain('\n');
    });
  }

  it('refuses a file that is no JSON object, and settings that do not exist', () => {
    expect(problem({ configFile: fileWith('[1]') })).to.contain('expected a JSON object');
    expect(problem({ configFile: fileWith('{"a') })).to.contain('--config');
    expect(problem({ configFile: fileWith('{"zookeper":"x"}') })).to.contain(
      'there is no setting "zookeper"; there are zookeeper, ',
    );
  });

  it('never shows a password, neither in a message nor in the printed settings', () => {
    expect(problem({ env: { PULSEKEEPER_REDIS: 'http://:hunter2@h' } })).not.to.contain('hunter2');
    expect(problem({ env: { PULSEKEEPER_REDIS: 'u:hunter2@h:6379' } })).not.to.contain('hunter2');
    expect(problem({ env: { PULSEKEEPER_REDIS: 'redis2://u:hunter2@h' } })).not.to.contain('hunter2');
    expect(problem({ env: { PULSEKEEPER_ZOOKEEPER_AUTH: 'hunter2' } })).not.to.contain('hunter2');
    const { raw } = load({
      env: { PULSEKEEPER_REDIS: 'redis://u:hunter2@h:1/0', PULSEKEEPER_ZOOKEEPER_AUTH: 'digest:u:hunter2' },
    });
    const shown = JSON.stringify(redactSettings(raw));
    expect(shown).not.to.contain('hunter2');
    expect(shown).to.contain('redis://u:***@h:1/0');
    expect(problem({ env: { PULSEKEEPER_ZOOKEEPER: 'me:hunter2@h:2181/x' } })).not.to.contain('hunter2');
    const sentinel = load({ env: { PULSEKEEPER_REDIS: 'redis+sentinel://h/m?sentinelPassword=hunter2' } });
    expect(JSON.stringify(redactSettings(sentinel.raw))).not.to.contain('hunter2');
  });

  it('refuses credentials on the command line, and says where they belong', () => {
    const cases = {
      zookeeperAuth: 'digest:u:hunter2',
      redis: 'redis://u:hunter2@h',
      storeSentinelPassword: 'hunter2',
    } as const;
    for (const [name, value] of Object.entries(cases)) {
      const message = problem({ flags: { [name]: value } });
      expect(message).to.match(
        /^--(zookeeper-auth|redis|store-sentinel-password): credentials .*; set PULSEKEEPER_[A-Z_]+ instead$/,
      );
      expect(message).not.to.contain('hunter2');
    }
    expect(problem({ flags: { redis: 'redis+sentinel://h/m?sentinelPassword=hunter2' } })).to.match(
      /PULSEKEEPER_REDIS/,
    );
    expect(load({ flags: { redis: 'redis://app@h' } }).options.redis).to.equal('redis://app@h');
    expect(helpText()).not.to.contain('--zookeeper-auth').and.not.to.contain('--store-sentinel-password');
  });
});

describe('parseCommandLine', () => {
  it('takes every setting as a flag', () => {
    const args = SETTING_NAMES.flatMap((name) => [
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      'x',
    ]);
    expect(Object.keys(parseCommandLine(args).flags)).to.deep.equal(SETTING_NAMES);
  });

  it('knows what is asked for', () => {
    expect(parseCommandLine([])).to.deep.equal({ action: 'run', configFile: undefined, flags: {} });
    expect(parseCommandLine(['--print-config', '--config', 'f'])).to.include({
      action: 'print-config',
      configFile: 'f',
    });
    expect(parseCommandLine(['-h']).action).to.equal('help');
    expect(parseCommandLine(['--version']).action).to.equal('version');
  });

  for (const args of [['--nonsense'], ['--redis'], ['positional'], ['--help=yes']]) {
    it(`refuses ${args.join(' ')} in one line`, () => {
      expect(() => parseCommandLine(args))
        .to.throw(CollectorError)
        .with.property('message')
        .that.matches(/^[^\n]+; see --help$/);
    });
  }

  it('explains every setting', () => {
    for (const name of SETTING_NAMES) expect(helpText()).to.contain(SETTINGS_SCHEMA[name].env);
  });
});
