import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import fc from 'fast-check';

import { createInflater, type Inflater } from '../../../src/scrape/inflater.ts';

describe('an inflater', () => {
  let inflater: Inflater;
  const output = Buffer.alloc(4096);

  before(() => {
    const made = createInflater();
    expect(made, 'on each Node that is supported').not.to.equal(undefined);
    inflater = made!;
  });

  it('gives what was packed, into the memory that is given, one after the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4095 }), (bytes) => {
        const whole = inflater.gunzip(gzipSync(bytes), output);
        expect(whole?.equals(bytes)).to.equal(true);
        expect(whole?.buffer).to.equal(output.buffer);
      }),
    );
  });

  it('gives several members as one', () => {
    const wire = Buffer.concat(['a 1\n', 'b 2\n', ''].map((text) => gzipSync(text)));
    expect(inflater.gunzip(wire, output)?.toString()).to.equal('a 1\nb 2\n');
  });

  it('gives nothing for what does not fit with a byte to spare', () => {
    expect(inflater.gunzip(gzipSync(Buffer.alloc(4095)), output)?.length).to.equal(4095);
    for (const bytes of [4096, 4097, 100_000]) {
      expect(inflater.gunzip(gzipSync(Buffer.alloc(bytes)), output), `${bytes} bytes`).to.equal(undefined);
    }
  });

  it('gives nothing for what is cut or changed anywhere, and works on', () => {
    const text = Array.from({ length: 40 }, (_, index) => `metric_${index} ${index ** 3}\n`).join('');
    const wire = gzipSync(text);
    for (let at = 0; at < wire.length; at += 1) {
      expect(inflater.gunzip(wire.subarray(0, at), output), `cut at ${at}`).to.equal(undefined);
      const changed = Buffer.from(wire);
      changed[at] = changed[at]! ^ 0x55;
      // Time, flags and system of the header are nobody's concern.
      const whole = inflater.gunzip(changed, output);
      if (whole !== undefined) expect(whole.toString(), `changed at ${at}`).to.equal(text);
      expect(inflater.gunzip(wire, output)?.toString()).to.equal(text);
    }
  });
});
