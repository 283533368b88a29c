import { expect } from 'chai';

import { ClockFilter } from '../../../src/schedule/clock-filter.ts';

describe('ClockFilter', () => {
  it('knows nothing before the first reading', () => {
    expect(new ClockFilter().best).to.equal(undefined);
  });

  it('chooses the reading with the shortest round trip, of equal ones the latest', () => {
    const filter = new ClockFilter();
    filter.add({ offsetMs: 100, roundTripMs: 2 });
    filter.add({ offsetMs: 140, roundTripMs: 80 });
    expect(filter.best).to.deep.equal({ offsetMs: 100, roundTripMs: 2 });
    filter.add({ offsetMs: 101, roundTripMs: 2 });
    expect(filter.best).to.deep.equal({ offsetMs: 101, roundTripMs: 2 });
  });

  it('forgets a reading after eight, so it follows a clock that drifts', () => {
    const filter = new ClockFilter();
    filter.add({ offsetMs: 100, roundTripMs: 1 });
    for (let reading = 1; reading <= 7; reading += 1) filter.add({ offsetMs: 100 + reading, roundTripMs: 2 });
    expect(filter.best?.offsetMs).to.equal(100);
    filter.add({ offsetMs: 108, roundTripMs: 2 });
    expect(filter.best?.offsetMs).to.equal(108);
  });

  it('shifts all readings', () => {
    const filter = new ClockFilter();
    filter.shift(5);
    filter.add({ offsetMs: 100, roundTripMs: 1 });
    filter.shift(50);
    expect(filter.best?.offsetMs).to.equal(150);
    filter.add({ offsetMs: 160, roundTripMs: 3 });
    expect(filter.best?.offsetMs).to.equal(150);
  });
});
