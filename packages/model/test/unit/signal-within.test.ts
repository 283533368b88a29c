import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect } from 'chai';

import { signalWithin } from '../../src/signal-within.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('signalWithin', () => {
  it('aborts after the time, also when garbage was collected meanwhile', async () => {
    const given = new AbortController();
    const collecting = setInterval(collectGarbage, 10);
    try {
      const signal = signalWithin(100, given.signal);
      await once(signal, 'abort');
      expect(signal.reason).to.have.property('name', 'TimeoutError');
    } finally {
      clearInterval(collecting);
    }
  });

  it('aborts when the given signal does, with its reason', () => {
    const given = new AbortController();
    const signal = signalWithin(60_000, given.signal);
    given.abort('enough');
    expect(signal.reason).to.equal('enough');
  });

  it('needs no other signal', async () => {
    await once(signalWithin(1), 'abort');
  });
});
