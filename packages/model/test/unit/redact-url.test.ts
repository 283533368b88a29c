import { expect } from 'chai';
import { holdsPassword, redactUrl, redactUrls } from '../../src/index.ts';

describe('redactUrl', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
    ['redis://me:hunter2@h:1/0', 'redis://me:***@h:1/0'],
    ['redis://:hunter2@h', 'redis://***@h'],
    ['redis+sentinel://hunter2@h1:1,h2:2/m', 'redis+sentinel://***@h1:1,h2:2/m'],
    ['redis://me:hunter2/w@h', 'redis://me:***@h'],
    ['redis://me:p@hunter2@h', 'redis://me:***@h'],
    ['redis://me:hunter2 w@h', 'redis://me:***@h'],
    ['redis:///hunter2:x@h', 'redis://***@h'],
    ['REDIS://me:hunter2@h', 'REDIS://me:***@h'],
    ['redis2://me:hunter2@h', 'redis2://me:***@h'],
    ['me:hunter2@h:6379', '***@h:6379'],
    ['me:hunter2@h://x', '***@h://x'],
    ['redis://h/0?password=hunter2&x=1', 'redis://h/0?password=***&x=1'],
    ['redis://a:hunter2@h/0?x=1&Auth=hunter2', 'redis://a:***@h/0?x=1&Auth=***'],
    ['redis+sentinel://h/m?sentinelPassword=hunter2&db=1', 'redis+sentinel://h/m?sentinelPassword=***&db=1'],
    ['24h', '24h'],
  ];
  for (const [url, shown] of cases) it(`shows ${shown}`, () => expect(redactUrl(url)).to.equal(shown));

  it('tells whether there is a password; a user alone is none', () => {
    for (const url of ['redis://u:x@h', 'u:x@h:1', 'redis://:x@h', 'redis://h?password=x']) {
      expect(holdsPassword(url), url).to.equal(true);
    }
    for (const url of ['redis://u@h', 'redis://h:1/0', 'redis://h?x=1'])
      expect(holdsPassword(url), url).to.equal(false);
  });

  it('shows the words of a message around URLs', () => {
    expect(redactUrls('to redis://a:hunter2@h failed, then "redis://c:hunter2@i" (me:hunter2@j)')).to.equal(
      'to redis://a:***@h failed, then "redis://c:***@i" (***@j)',
    );
  });

  it('takes a long text in its stride', () => {
    expect(redactUrls('a:'.repeat(500_000))).to.have.length(1_000_000);
  });
});
