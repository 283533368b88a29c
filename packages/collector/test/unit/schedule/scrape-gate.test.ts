import { expect } from 'chai';

import { ScrapeGate } from '../../../src/schedule/scrape-gate.ts';

describe('ScrapeGate', () => {
  it('runs a job at once while there is room', () => {
    const ran: number[] = [];
    const gate = new ScrapeGate({ maxInFlight: 2, maxCatchUp: 1 });
    gate.enter(() => ran.push(1), false);
    gate.enter(() => ran.push(2), false);
    gate.enter(() => ran.push(3), false);
    expect(ran).to.deep.equal([1, 2]);
    expect([gate.inFlight, gate.waiting]).to.deep.equal([2, 1]);
    gate.leave(false);
    expect(ran).to.deep.equal([1, 2, 3]);
  });

  it('lets those on time go before those that make good a slot', () => {
    const ran: string[] = [];
    const gate = new ScrapeGate({ maxInFlight: 1, maxCatchUp: 1 });
    gate.enter(() => ran.push('first'), false);
    gate.enter(() => ran.push('late'), true);
    gate.enter(() => ran.push('on time'), false);
    gate.leave(false);
    gate.leave(false);
    expect(ran).to.deep.equal(['first', 'on time', 'late']);
  });

  it('never lets those that make good a slot take all the room', () => {
    let running = 0;
    const gate = new ScrapeGate({ maxInFlight: 10, maxCatchUp: 3 });
    for (let job = 0; job < 8; job += 1) gate.enter(() => (running += 1), true);
    expect(running).to.equal(3);
    gate.leave(true);
    expect(running).to.equal(4);
  });

  it('loses and repeats nothing when thousands wait', () => {
    const ran: number[] = [];
    const gate = new ScrapeGate({ maxInFlight: 1, maxCatchUp: 1 });
    for (let job = 0; job < 5_000; job += 1) gate.enter(() => ran.push(job), job % 2 === 0);
    while (gate.inFlight > 0) gate.leave((ran.at(-1) ?? 0) % 2 === 0);
    expect(ran.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 5_000 }, (_, job) => job));
    expect(gate.waiting).to.equal(0);
  });
});
