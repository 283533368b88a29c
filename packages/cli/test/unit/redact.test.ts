import { expect } from 'chai';

import { hasPassword, redact } from '../../src/redact.ts';

describe('redact', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
    ['redis://:hunter2@r:6379/1', 'redis://:***@r:6379/1'],
    ['redis+sentinel://app:s3cr3t@h1:26379,h2:26379/main', 'redis+sentinel://app:***@h1:26379,h2:26379/main'],
    ['rediss://app:p@ss/w:rd@r:6379', 'rediss://app:***@r:6379'],
    ['connect to redis://a:b@h failed, then redis://c:d@i', 'connect to redis://a:***@h failed, then redis://c:***@i'],
    ['http://h/path?token=abc&x=1', 'http://h/path?token=***&x=1'],
    ['redis+sentinel://h/m?sentinelPassword=abc&db=1', 'redis+sentinel://h/m?sentinelPassword=***&db=1'],
    ['redis://h?client_secret=abc', 'redis://h?client_secret=***'],
    ['me:s3cr3t@h:2181/x', 'me:***@h:2181/x'],
    ['server "me:s3cr3t@h:2181" is none', 'server "me:***@h:2181" is none'],
    ['pulsekeeper: written by root@host at 12:30', 'pulsekeeper: written by root@host at 12:30'],
  ];
  for (const [text, redacted] of cases) {
    it(`shows ${text} as ${redacted}`, () => {
      expect(redact(text)).to.equal(redacted);
      expect(hasPassword(text)).to.equal(text !== redacted);
    });
  }
});
