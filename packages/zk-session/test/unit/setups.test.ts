import { expect } from 'chai';

import { deferred } from '../../src/deferred.ts';
import { silentSessionLogger } from '../../src/session-logger.ts';
import type { ConnectedState } from '../../src/session-state.ts';
import { type SetupContext, Setups } from '../../src/setups.ts';

function connected(generation: number): ConnectedState {
  return { kind: 'connected', sinceMs: 0, sessionId: BigInt(generation), generation, sessionTimeoutMs: 1, server: 's' };
}

describe('Setups', () => {
  it('say whether the session is new or only the link', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    const reasons: string[] = [];
    setups.add(({ reason, generation }) => void reasons.push(`${reason} ${generation}`));
    for (const generation of [1, 1, 2]) {
      setups.connected(connected(generation));
      await setups.settled();
      setups.disconnected(new Error('cut'));
    }
    expect(reasons).to.deep.equal(['new-session 1', 'reconnected 1', 'new-session 2']);
  });

  it('call a session new until a run for it came to its end', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    const reasons: string[] = [];
    const end = deferred<undefined>();
    setups.add(async ({ reason, signal }) => {
      reasons.push(reason);
      await end.promise;
      signal.throwIfAborted();
    });
    setups.connected(connected(1));
    await Promise.resolve();
    setups.disconnected(new Error('cut'));
    setups.connected(connected(1));
    end.resolve(undefined);
    await setups.settled();
    expect(reasons).to.deep.equal(['new-session', 'new-session']);
  });

  it('run at once when added to a connected session', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    setups.connected(connected(3));
    const seen = deferred<SetupContext>();
    setups.add(seen.resolve);
    const { reason, sessionId } = await seen.promise;
    expect([reason, sessionId]).to.deep.equal(['new-session', 3n]);
  });

  it('run again when they throw, as long as the link stands', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    let runs = 0;
    setups.add(() => {
      runs += 1;
      if (runs < 4) throw new Error('not yet');
    });
    setups.connected(connected(1));
    await setups.settled();
    expect(runs).to.equal(4);
  });

  it('are not repeated after their link is gone', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    let runs = 0;
    setups.add(({ signal }) => {
      runs += 1;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    setups.connected(connected(1));
    await Promise.resolve();
    await Promise.resolve();
    setups.disconnected(new Error('cut'));
    await setups.settled();
    expect(runs).to.equal(1);
  });

  it('never run twice at the same time', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    let running = 0;
    let most = 0;
    const ends = [deferred<undefined>(), deferred<undefined>()];
    let run = 0;
    setups.add(async () => {
      running += 1;
      most = Math.max(most, running);
      await ends[run++]?.promise;
      running -= 1;
    });
    setups.connected(connected(1));
    setups.disconnected(new Error('cut'));
    setups.connected(connected(2));
    ends[0]?.resolve(undefined);
    ends[1]?.resolve(undefined);
    await setups.settled();
    expect(most).to.equal(1);
  });

  it('abort the run of one that is removed, and never call it again', async () => {
    const setups = new Setups(silentSessionLogger, () => 0);
    const aborted = deferred<undefined>();
    let runs = 0;
    const remove = setups.add(({ signal }) => {
      runs += 1;
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.resolve(undefined);
          resolve();
        });
      });
    });
    setups.connected(connected(1));
    await Promise.resolve();
    await Promise.resolve();
    remove();
    await aborted.promise;
    setups.connected(connected(2));
    await setups.settled();
    expect(runs).to.equal(1);
  });
});
