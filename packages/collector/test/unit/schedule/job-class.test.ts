import { expect } from 'chai';

import { jobClassOf } from '../../../src/schedule/job-class.ts';

describe('jobClassOf', () => {
  for (const [isCatchUp, lastReason, expected] of [
    [false, undefined, 'onTime'],
    [false, 'http_status', 'onTime'],
    [false, 'connection_refused', 'onTime'],
    [false, 'timeout', 'slow'],
    [false, 'dns', 'slow'],
    [true, undefined, 'catchUp'],
    [true, 'timeout', 'catchUp'],
  ] as const) {
    it(`is ${expected} for a slot ${isCatchUp ? 'to be made good' : 'on time'} after ${lastReason ?? 'a good one'}`, () => {
      expect(jobClassOf(isCatchUp, lastReason)).to.equal(expected);
    });
  }
});
