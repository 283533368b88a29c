import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { parseRedisUrl, redactRedisUrl } from '../../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  const base = { masterName: undefined, username: undefined, password: undefined, database: 0, isTls: false };
  const cases = [
    ['redis://h', { ...base, kind: 'single', addresses: [{ host: 'h', port: 6379 }] }],
    [
      'redis://127.0.0.1:7000/3',
      { ...base, kind: 'single', addresses: [{ host: '127.0.0.1', port: 7000 }], database: 3 },
    ],
    ['redis://[::1]:7000', { ...base, kind: 'single', addresses: [{ host: '::1', port: 7000 }] }],
    [
      'rediss://me:p%40ss%2F@h:1',
      { ...base, kind: 'single', addresses: [{ host: 'h', port: 1 }], username: 'me', password: 'p@ss/', isTls: true },
    ],
    ['REDIS://h', { ...base, kind: 'single', addresses: [{ host: 'h', port: 6379 }] }],
    ['Rediss+Cluster://h:1', { ...base, kind: 'cluster', addresses: [{ host: 'h', port: 1 }], isTls: true }],
    ['redis://:secret@h', { ...base, kind: 'single', addresses: [{ host: 'h', port: 6379 }], password: 'secret' }],
    [
      'redis+sentinel://:s@h1,h2:26380/main/2',
      {
        ...base,
        kind: 'sentinel',
        addresses: [
          { host: 'h1', port: 26_379 },
          { host: 'h2', port: 26_380 },
        ],
        masterName: 'main',
        password: 's',
        database: 2,
      },
    ],
    [
      'rediss+cluster://h1:1,h2',
      {
        ...base,
        kind: 'cluster',
        addresses: [
          { host: 'h1', port: 1 },
          { host: 'h2', port: 6379 },
        ],
        isTls: true,
      },
    ],
  ] as const;
  for (const [url, expected] of cases) {
    it(`reads ${redactRedisUrl(url)}`, () => expect(parseRedisUrl(url)).to.deep.equal(expected));
  }

  for (const url of [
    'http://h',
    'redis://',
    'redis://a,b',
    'redis://h:0',
    'redis://h:70000',
    'redis://h/x',
    'redis://h/1/2',
    'redis+sentinel://h',
    'redis+cluster://h/1',
    'redis://u:%zz@h',
    'redis+other://h',
  ]) {
    it(`refuses ${url}`, () =>
      expect(() => parseRedisUrl(url))
        .to.throw(StoreError)
        .with.property('code', 'InvalidOption'));
  }

  it('never shows a password', () => {
    expect(redactRedisUrl('redis://me:secret@h:1/0')).to.equal('redis://me:***@h:1/0');
    expect(redactRedisUrl('redis+sentinel://secret@h')).to.equal('redis+sentinel://***@h');
    expect(redactRedisUrl('redis://h')).to.equal('redis://h');
    expect(redactRedisUrl('secret')).to.equal('***');
    for (const url of [
      'redis://me:secret@h:99999',
      'redis://u:p/secret@h',
      'redis://u:secret/p@h',
      'redis2://u:secret@h',
      'u:secret@h:6379',
      'redis://u:p@secret@h',
      'redis://h/secret',
      'redis://u:secret%zz@h',
    ]) {
      expect(() => parseRedisUrl(url), url)
        .to.throw(StoreError)
        .with.property('message')
        .that.does.not.include('secret');
    }
  });
});
