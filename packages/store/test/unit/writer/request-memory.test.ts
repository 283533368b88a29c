import { expect } from 'chai';
import { RequestMemory } from '../../../src/writer/request-memory.ts';

describe('RequestMemory', () => {
  it('hands out what was given back, where it is long enough', () => {
    const requests = new RequestMemory();
    const first = requests.take(20_000);
    expect(first.length).to.be.at.least(20_000);
    requests.giveBack(first);
    expect(requests.take(30_000)).to.equal(first);
    requests.giveBack(first);
    expect(requests.take(50_000).length).to.be.at.least(50_000);
  });

  it('hands out nothing twice', () => {
    const requests = new RequestMemory();
    const taken = [requests.take(1), requests.take(1)];
    for (const memory of taken) requests.giveBack(memory);
    expect(new Set([requests.take(1), requests.take(1), requests.take(1)]).size).to.equal(3);
  });

  it('keeps little: a few, and no long ones', () => {
    const requests = new RequestMemory();
    const long = requests.take(10_000_000);
    requests.giveBack(long);
    expect(requests.take(1)).not.to.equal(long);
    const many = Array.from({ length: 10 }, () => requests.take(1));
    for (const memory of many) requests.giveBack(memory);
    const again = Array.from({ length: 10 }, () => requests.take(1));
    expect(again.filter((memory) => many.includes(memory))).to.have.lengthOf(4);
  });
});
