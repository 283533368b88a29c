import { expect } from 'chai';

import { readSlotAttempts } from '../../../src/views/slot-attempts.ts';

describe('readSlotAttempts', () => {
  const failed = { startedAfterMs: 2, durationMs: 10, error: { reason: 'timeout', message: 'no answer' } };
  const page = {
    targets: [
      { target: 'web/a', attempts: [] },
      {
        target: 'web/b',
        attempts: [
          { slotMs: 1000, attempts: [failed] },
          { slotMs: 2000, attempts: [failed, { startedAfterMs: 150, durationMs: 3 }] },
        ],
      },
    ],
  };

  it('reads the attempts of a target, newest slot first', () => {
    const first = { startSeconds: 0.002, durationSeconds: 0.01, error: 'timeout: no answer' };
    expect(readSlotAttempts(page, 'web/b')).to.deep.equal([
      { slot: '1970-01-01T00:00:02Z', attempts: [first, { startSeconds: 0.15, durationSeconds: 0.003, error: null }] },
      { slot: '1970-01-01T00:00:01Z', attempts: [first] },
    ]);
    expect(readSlotAttempts(page, 'web/a')).to.deep.equal([]);
  });

  it('knows nothing of a target that the page does not name', () => {
    expect(readSlotAttempts(page, 'web/c')).to.equal(undefined);
    for (const other of [undefined, null, [], 'x', { targets: {} }, { targets: [null, 7] }]) {
      expect(readSlotAttempts(other, 'web/b')).to.equal(undefined);
    }
  });

  it('leaves out what it does not understand', () => {
    const odd = [null, { slotMs: 'x', attempts: [failed] }, { slotMs: 1e300, attempts: [failed] }, { slotMs: 1 }];
    expect(readSlotAttempts({ targets: [{ target: 'web/b', attempts: odd }] }, 'web/b')).to.deep.equal([]);
    expect(readSlotAttempts({ targets: [{ target: 'web/b' }] }, 'web/b')).to.deep.equal([]);
  });
});
