import { expect } from 'chai';

import { Output, type TextSink } from '../../../src/output/output.ts';

const item = (index: number): unknown => ({ index, text: `a "text" ${index}`, list: [index, null], none: [] });

describe('Output.printJsonList', () => {
  for (const isTTY of [false, true]) {
    for (const count of [0, 1, 255, 256, 257, 600]) {
      it(`writes ${count} items as JSON.stringify does${isTTY ? ', indented at a terminal' : ''}`, async () => {
        const items = Array.from({ length: count }, (_, index) => item(index));
        const chunks: string[] = [];
        await outputTo({ isTTY, write: (text) => chunks.push(text) }).printJsonList(items);
        expect(chunks.join('')).to.equal(`${JSON.stringify(items, undefined, isTTY ? 2 : undefined)}\n`);
        expect(chunks).to.have.lengthOf(Math.ceil(count / 256) + 1);
      });
    }
  }

  it('makes no more items while the reader is behind', async () => {
    let made = 0;
    const items = (function* () {
      for (; made < 1000; made += 1) yield item(made);
    })();
    const drains: (() => void)[] = [];
    const once = (_event: 'drain', listener: () => void): unknown => drains.push(listener);
    const printing = outputTo({ write: () => false, once }).printJsonList(items);
    for (let part = 1; part <= 4; part += 1) {
      expect([made, drains.length]).to.deep.equal([Math.min(part * 256 - 1, 1000), part]);
      drains[part - 1]?.();
      // All that follows from it, up to the next wait.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await printing;
  });
});

function outputTo(stdout: TextSink): Output {
  const stderr = { write: (): never => expect.fail('nothing is said besides') };
  return new Output({ stdout, stderr, env: {}, isJson: true, isColourWanted: false });
}
