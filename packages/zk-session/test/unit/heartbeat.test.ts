import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { expect } from 'chai';

import { deferred } from '../../src/deferred.ts';
import { Heartbeat, type HeartbeatFacts, nextHeartbeatStep } from '../../src/heartbeat.ts';

const T = 12_000;

function facts(part: Partial<HeartbeatFacts>): HeartbeatFacts {
  return { nowMs: 0, sessionTimeoutMs: T, sentAtMs: undefined, isAnswered: false, receivedAtMs: 0, ...part };
}

describe('nextHeartbeatStep', () => {
  const cases: [title: string, facts: Partial<HeartbeatFacts>, kind: string, untilMs?: number][] = [
    ['sends the first probe at once', {}, 'send'],
    ['waits T/6 after an answered probe', { sentAtMs: 0, isAnswered: true, nowMs: 100 }, 'wait', 2000],
    ['sends the next one then', { sentAtMs: 0, isAnswered: true, nowMs: 2000 }, 'send'],
    [
      'sends it however much was received meanwhile',
      { sentAtMs: 0, isAnswered: true, nowMs: 2000, receivedAtMs: 1999 },
      'send',
    ],
    ['waits T/4 for an answer', { sentAtMs: 0, nowMs: 100 }, 'wait', 3000],
    ['calls it overdue then', { sentAtMs: 0, nowMs: 3000 }, 'overdue'],
    ['counts from the last byte while bytes arrive', { sentAtMs: 0, nowMs: 3000, receivedAtMs: 1500 }, 'wait', 4500],
    ['does not count bytes from before the probe', { sentAtMs: 1000, nowMs: 1100, receivedAtMs: 900 }, 'wait', 4000],
    ['gives up at T/2 all the same', { sentAtMs: 0, nowMs: 6000, receivedAtMs: 5999 }, 'overdue'],
  ];
  for (const [title, part, kind, untilMs] of cases) {
    it(title, () => {
      const step = nextHeartbeatStep(facts(part));
      expect(step.kind).to.equal(kind);
      if (step.kind === 'wait') expect(step.untilMs).to.equal(untilMs);
    });
  }

  it('notices a silent link before T/2 in the worst case', () => {
    // The link dies right after an answer: a whole interval passes, and then the time for the answer.
    const wait = nextHeartbeatStep(facts({ sentAtMs: 0, isAnswered: true }));
    const sentAtMs = wait.kind === 'wait' ? wait.untilMs : NaN;
    const due = nextHeartbeatStep(facts({ sentAtMs, nowMs: sentAtMs }));
    expect(due.kind === 'wait' ? due.untilMs : NaN).to.be.below(T / 2);
  });
});

describe('Heartbeat', () => {
  it('does not judge before the socket was read, when the event loop was blocked past the due time', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [peer] = (await once(server, 'connection')) as [Socket];
    peer.on('error', () => undefined);
    const overdue: number[] = [];
    const answered = deferred<undefined>();
    const heartbeat = new Heartbeat({
      sessionTimeoutMs: 200,
      monotonic: () => performance.now(),
      probe: async () => {
        peer.write('answer');
        await once(socket, 'data');
      },
      receivedAtMs: () => 0,
      onAnswer: () => answered.resolve(undefined),
      onOverdue: (waitedMs) => {
        overdue.push(waitedMs);
        answered.resolve(undefined);
      },
    });
    heartbeat.start();
    const untilMs = performance.now() + 80;
    while (performance.now() < untilMs);
    await answered.promise;
    heartbeat.stop();
    socket.destroy();
    server.close();
    expect(overdue).to.deep.equal([]);
  });

  it('has one timer at most when an answer comes between the due time and the second look', async () => {
    const { setTimeout, clearTimeout } = globalThis;
    const live = new Set<unknown>();
    globalThis.setTimeout = ((then: () => void, delayMs: number) => {
      const timer = setTimeout(() => {
        live.delete(timer);
        then();
      }, delayMs);
      live.add(timer);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      live.delete(timer);
      clearTimeout(timer);
    };
    let nowMs = 0;
    const answer = deferred<undefined>();
    const heartbeat = new Heartbeat({
      sessionTimeoutMs: 12,
      monotonic: () => nowMs,
      probe: () => answer.promise,
      receivedAtMs: () => {
        // Seen by the step that the timer runs, and answered before what that step leaves for later.
        if (nowMs > 0) answer.resolve(undefined);
        return 0;
      },
      onAnswer: () => (nowMs = 1),
      onOverdue: () => expect.fail('it was answered'),
    });
    try {
      heartbeat.start();
      nowMs = 3;
      await answer.promise;
      await new Promise((resolve) => setImmediate(resolve));
      expect(live.size).to.equal(1);
    } finally {
      heartbeat.stop();
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
    expect(live.size).to.equal(0);
  });

  it('reports an overdue answer once, and stops', async () => {
    const overdue = deferred<number>();
    let probes = 0;
    const heartbeat = new Heartbeat({
      sessionTimeoutMs: 40,
      monotonic: () => performance.now(),
      probe: () => {
        probes += 1;
        return new Promise(() => undefined);
      },
      receivedAtMs: () => 0,
      onAnswer: () => undefined,
      onOverdue: overdue.resolve,
    });
    heartbeat.start();
    expect(await overdue.promise).to.be.at.least(10);
    expect(probes).to.equal(1);
  });
});
