import { expect } from 'chai';
import { ChainGrid } from '../../../src/reader/chain-grid.ts';
import { SeriesPoints } from '../../../src/reader/series-points.ts';
import { isStaleMarker, isStaleValue } from '../../../src/reader/stale-marker.ts';

describe('SeriesPoints', () => {
  const times = Float64Array.of(10, 20, 30, 40, 50);

  function finish(points: SeriesPoints, order = [0, 1, 2, 3, 4], from = 0, to = 100): string[] {
    const isPlain = order.every((slot, index) => slot === index);
    const { timestampsMs, values } = points.finish({ order, timestampsMs: times, isPlain }, from, to);
    return [...timestampsMs].map((time, at) => `${time}:${isStaleMarker(values, at) ? 'stale' : values[at]}`);
  }

  it('marks once where a series ceases', () => {
    const points = new SeriesPoints();
    points.push(0, 1);
    points.push(3, 4);
    expect(finish(points)).to.deep.equal(['10:1', '20:stale', '40:4', '50:stale']);
  });

  it('puts late slots at their place', () => {
    const points = new SeriesPoints();
    for (const slot of [0, 1, 2, 3, 4]) points.push(slot, slot);
    expect(finish(points, [4, 0, 1, 2, 3]).map((text) => text.split(':')[1])).to.deep.equal(['4', '0', '1', '2', '3']);
  });

  it('keeps own timestamps, and leaves out those beyond the range', () => {
    const points = new SeriesPoints();
    points.pushWords(0, 0, 0, 99);
    points.pushWords(1, 0, 0, undefined);
    points.pushWords(2, 0, 0, 101);
    expect(finish(points, [0, 1, 2])).to.deep.equal(['20:0', '99:0']);
  });

  it('shares times and values of a series that has a point in every slot', () => {
    const points = new SeriesPoints();
    for (const slot of [0, 1, 2, 3, 4]) points.push(slot, slot);
    const found = points.finish({ order: [0, 1, 2, 3, 4], timestampsMs: times, isPlain: true }, 0, 100);
    expect(found.timestampsMs).to.equal(times);
    expect([...found.values]).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('takes rows of a grid as it takes their points one by one', () => {
    const rows = ['xxx', 'x.x', '...', '.xx'];
    const grids = [0, 3].map((firstSlot) => {
      const grid = new ChainGrid();
      grid.begin(Int32Array.of(0, 1, 2, 3), firstSlot, 4);
      grid.slots = firstSlot === 0 ? 3 : 2;
      for (const [row, places] of rows.entries()) {
        for (let place = 0; place < grid.slots; place++) {
          if (places[place] !== 'x') continue;
          grid.words.set([0, 0x40000000 + (firstSlot + place) * 0x10000], (row * 4 + place) * 2);
          grid.present[row * 4 + place] = 1;
          grid.counts[row]!++;
        }
      }
      return grid;
    });
    for (const first of rows.keys()) {
      for (const second of rows.keys()) {
        const whole = new SeriesPoints();
        const single = new SeriesPoints();
        for (const [at, grid] of grids.entries()) {
          const row = at === 0 ? first : second;
          whole.append(grid, row, 1);
          for (let place = 0; place < grid.slots; place++) {
            const index = row * 4 + place;
            if (grid.present[index] === 1) {
              single.pushWords(grid.firstSlot + place, grid.words[index * 2]!, grid.words[index * 2 + 1]!, undefined);
            }
          }
        }
        expect(finish(whole), `${rows[first]}, ${rows[second]}`).to.deep.equal(finish(single));
        expect(whole.length).to.equal(single.length);
      }
    }
  });

  it('puts own timestamps in order, the first of equal ones, and no marker behind them', () => {
    const points = new SeriesPoints();
    points.pushWords(0, 0, 0x3ff00000, 12);
    points.pushWords(1, 0, 0x40000000, 11);
    points.pushWords(2, 0, 0x40080000, 12);
    expect(finish(points)).to.deep.equal(['11:2', '12:1']);
  });

  it('takes from slots beyond the range what has a time of its own within it', () => {
    const points = new SeriesPoints();
    points.push(0, 1);
    points.pushWords(1, 0, 0x40000000, 15);
    points.push(2, 3);
    const slots = { order: [0, 1, 2], timestampsMs: Float64Array.of(10, Number.NaN, Number.NaN), isPlain: false };
    expect([...points.finish(slots, 0, 20).timestampsMs]).to.deep.equal([10, 15]);
  });

  it('tells the staleness marker from other NaNs', () => {
    const values = new Float64Array(new BigUint64Array([0x7ff0000000000002n, 0x7ff8000000000000n]).buffer);
    expect([0, 1].map((at) => isStaleMarker(values, at))).to.deep.equal([true, false]);
    expect([isStaleValue(Number.NaN), isStaleValue(1)]).to.deep.equal([false, false]);
  });
});
