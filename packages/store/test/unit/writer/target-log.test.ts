import { expect } from 'chai';
import { slotOfEntryId, TargetLog } from '../../../src/writer/target-log.ts';

function frame(byte: number, size: number): Buffer {
  return Buffer.alloc(size, byte);
}

describe('TargetLog', () => {
  it('keeps frames with their slots, kinds and bytes through growth and cuts', () => {
    const log = new TargetLog();
    for (let index = 0; index < 100; index++)
      log.push(index * 10, index % 10 === 0 ? 'key' : 'delta', index % 10 === 0, frame(index, 50 + index));
    log.acknowledged = 60;
    log.dropFirst(30);
    expect([log.length, log.acknowledged, log.waiting]).to.deep.equal([70, 30, 40]);
    for (let index = 0; index < 70; index++) {
      const { slotMs, kind, isIndependent, bytes } = log.at(index);
      expect([slotMs, kind, isIndependent]).to.deep.equal([
        (index + 30) * 10,
        index % 10 === 0 ? 'key' : 'delta',
        index % 10 === 0,
      ]);
      expect(bytes.equals(frame(index + 30, 80 + index))).to.equal(true);
    }
    log.truncate(5);
    expect([log.length, log.acknowledged, log.byteLength]).to.deep.equal([5, 5, 80 + 81 + 82 + 83 + 84]);
  });

  it('finds the last key frame from which it could begin', () => {
    const log = new TargetLog();
    for (const [slotMs, kind] of [
      [10, 'key'],
      [20, 'delta'],
      [30, 'key'],
      [40, 'delta'],
      [50, 'key'],
    ] as const) {
      log.push(slotMs, kind, kind === 'key', frame(1, 3));
    }
    expect([5, 29, 30, 49, 50, 99].map((slotMs) => log.lastStartBefore(slotMs))).to.deep.equal([0, 0, 2, 2, 4, 4]);
  });

  it('numbers frames for as long as they are there, whatever is removed around them', () => {
    const log = new TargetLog();
    const push = (count: number): void => {
      for (let left = count; left > 0; left--) log.push(left, 'key', true, Buffer.from('x'));
    };
    push(6);
    const kept = log.numberAt(3);
    const gone = log.numberAt(5);
    log.truncate(5);
    log.dropFirst(2);
    push(2);
    expect(log.numberAt(1)).to.equal(kept);
    expect(log.indexOfNumber(kept)).to.equal(1);
    expect(log.indexOfNumber(gone)).to.equal(-1);
    expect(log.numberAt(3)).to.be.greaterThan(gone);
  });

  it('names entries by slot, end marks behind the frame of theirs', () => {
    const log = new TargetLog();
    log.push(10, 'key', true, frame(1, 3));
    log.push(10, 'end', true, frame(1, 1));
    log.push(20, 'failure', true, frame(1, 1));
    log.push(30, 'failure', false, frame(1, 1));
    expect([0, 1, 2, 3, 4].map((index) => log.idAt(index))).to.deep.equal(['10-0', '10-1', '20-0', '30-0', '']);
    expect([0, 1, 2, 3].map((index) => log.isIndependentAt(index))).to.deep.equal([true, true, true, false]);
    expect(log.at(2).kind).to.equal('failure');
    expect([slotOfEntryId('10-1'), slotOfEntryId('')]).to.deep.equal([10, -1]);
  });
});
