import { expect } from 'chai';

import { AttemptLog } from '../../../src/scrape/attempt-log.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import type { ScrapeOutcome } from '../../../src/scrape/target-scraper.ts';

const refused = new ScrapeError('connection_refused', 'nobody there');
const late = new ScrapeError('timeout', 'too slow');

function outcome(fields: Partial<ScrapeOutcome>): ScrapeOutcome {
  return {
    exposition: undefined,
    error: undefined,
    attempts: 1,
    retried: [],
    durationMs: 5,
    lastAttemptAfterMs: 0,
    bodyBytes: 0,
    wireBytes: 0,
    ...fields,
  };
}

describe('AttemptLog', () => {
  it('remembers the attempts of a slot that succeeded at the third', () => {
    const log = new AttemptLog();
    const tries = [
      { startedAfterMs: 0, durationMs: 1, error: refused },
      { startedAfterMs: 100, durationMs: 50, error: late },
      { startedAfterMs: 300, durationMs: 8, error: undefined },
    ];
    log.note(10_000, 10_002, outcome({ tries }));
    expect(log.latest).to.deep.equal([
      {
        slotMs: 10_000,
        attempts: [
          { startedAfterMs: 2, durationMs: 1, error: { reason: 'connection_refused', message: 'nobody there' } },
          { startedAfterMs: 102, durationMs: 50, error: { reason: 'timeout', message: 'too slow' } },
          { startedAfterMs: 302, durationMs: 8 },
        ],
      },
    ]);
  });

  it('keeps nothing of a slot that went well at once', () => {
    const log = new AttemptLog();
    log.note(10_000, 10_000, outcome({ tries: [{ startedAfterMs: 0, durationMs: 1, error: undefined }] }));
    expect(log.latest).to.deep.equal([]);
  });

  it('keeps the failure of the last five slots that had any, also one that was found in the body', () => {
    const log = new AttemptLog();
    const tries = [{ startedAfterMs: 0, durationMs: 1, error: undefined }];
    for (let slotMs = 1000; slotMs <= 7000; slotMs += 1000) {
      log.note(slotMs, slotMs, outcome({ tries, error: late }));
    }
    expect(log.latest.map(({ slotMs }) => slotMs)).to.deep.equal([3000, 4000, 5000, 6000, 7000]);
    expect(log.latest[0]?.attempts[0]?.error?.reason).to.equal('timeout');
  });
});
