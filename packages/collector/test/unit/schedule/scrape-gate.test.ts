import { expect } from 'chai';

import { ScrapeGate } from '../../../src/schedule/scrape-gate.ts';

describe('ScrapeGate', () => {
  it('runs a job at once while there is room', () => {
    const ran: number[] = [];
    const gate = new ScrapeGate({ maxInFlight: 2, maxCatchUp: 1 });
    gate.enter(() => ran.push(1), 'onTime');
    gate.enter(() => ran.push(2), 'onTime');
    gate.enter(() => ran.push(3), 'onTime');
    expect(ran).to.deep.equal([1, 2]);
    expect([gate.inFlight, gate.waiting]).to.deep.equal([2, 1]);
    gate.leave('onTime');
    expect(ran).to.deep.equal([1, 2, 3]);
  });

  it('lets those on time go before those that make good a slot', () => {
    const ran: string[] = [];
    const gate = new ScrapeGate({ maxInFlight: 1, maxCatchUp: 1 });
    gate.enter(() => ran.push('first'), 'onTime');
    gate.enter(() => ran.push('late'), 'catchUp');
    gate.enter(() => ran.push('on time'), 'onTime');
    gate.leave('onTime');
    gate.leave('onTime');
    expect(ran).to.deep.equal(['first', 'on time', 'late']);
  });

  it('never lets those that make good a slot take all the room', () => {
    let running = 0;
    const gate = new ScrapeGate({ maxInFlight: 10, maxCatchUp: 3 });
    for (let job = 0; job < 8; job += 1) gate.enter(() => (running += 1), 'catchUp');
    expect(running).to.equal(3);
    gate.leave('catchUp');
    expect(running).to.equal(4);
  });

  it('never lets targets that were slow keep the others waiting', () => {
    const gate = new ScrapeGate({ maxInFlight: 8, maxCatchUp: 4 });
    let slow = 0;
    let punctual = 0;
    let late = 0;
    // None of them leaves: they drip until their timeout.
    for (let job = 0; job < 100; job += 1) gate.enter(() => (slow += 1), 'slow');
    expect(slow).to.equal(2);
    for (let job = 0; job < 6; job += 1) gate.enter(() => (punctual += 1), 'onTime');
    expect(punctual).to.equal(6);
    gate.enter(() => (late += 1), 'catchUp');
    gate.leave('onTime');
    // A place that becomes free is for the others, then for those to be made good.
    expect([slow, punctual, late]).to.deep.equal([2, 6, 1]);
    gate.leave('slow');
    expect([slow, gate.inFlight, gate.waiting]).to.deep.equal([3, 8, 97]);
  });

  it('admits at least one slow target at a time', () => {
    const gate = new ScrapeGate({ maxInFlight: 1, maxCatchUp: 1 });
    const ran: string[] = [];
    gate.enter(() => ran.push('slow'), 'slow');
    gate.enter(() => ran.push('late'), 'catchUp');
    gate.enter(() => ran.push('on time'), 'onTime');
    gate.leave('slow');
    gate.leave('onTime');
    expect(ran).to.deep.equal(['slow', 'on time', 'late']);
  });

  it('loses and repeats nothing when thousands wait', () => {
    const ran: number[] = [];
    const classOf = (job: number): 'catchUp' | 'onTime' => (job % 2 === 0 ? 'catchUp' : 'onTime');
    const gate = new ScrapeGate({ maxInFlight: 1, maxCatchUp: 1 });
    for (let job = 0; job < 5_000; job += 1) gate.enter(() => ran.push(job), classOf(job));
    while (gate.inFlight > 0) gate.leave(classOf(ran.at(-1) ?? 0));
    expect(ran.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 5_000 }, (_, job) => job));
    expect(gate.waiting).to.equal(0);
  });
});
