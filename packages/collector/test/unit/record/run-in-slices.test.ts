import { expect } from 'chai';

import { runInSlices, UNBOUNDED } from '../../../src/record/run-in-slices.ts';

/** Does nothing for a millisecond at least. */
function busyStep(): void {
  const untilMs = performance.now() + 1;
  while (performance.now() < untilMs);
}

function* busyWork(steps: number, onStep: () => void = () => undefined): Generator<undefined, string> {
  for (let step = 0; step < steps; step += 1) {
    busyStep();
    onStep();
    yield;
  }
  return 'done';
}

/** Resolves in the next turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('running work in slices', () => {
  it('does work of one step at once, even while other work waits', async () => {
    const long = runInSlices(busyWork(20), UNBOUNDED);
    expect(long).to.be.instanceOf(Promise);
    expect(runInSlices(busyWork(0), UNBOUNDED)).to.equal('done');
    expect(await long).to.equal('done');
  });

  it('shares a few milliseconds of each turn among all work, one step each in turn', async () => {
    const jobs = 30;
    const steps = 10;
    const done = new Array<number>(jobs).fill(0);
    let inThisTurn = 0;
    const perTurn: number[] = [];
    const running = done.map((_, job) =>
      runInSlices(
        busyWork(steps, () => {
          done[job] = (done[job] ?? 0) + 1;
          inThisTurn += 1;
        }),
        UNBOUNDED,
      ),
    );
    // Each did its first step where it came in, and no more once the time of the turn was up.
    expect(inThisTurn).to.be.at.most(jobs + 5);
    inThisTurn = 0;
    while (done.some((count) => count < steps)) {
      await nextTurn();
      perTurn.push(inThisTurn);
      inThisTurn = 0;
      // The first of them may be ahead by what they did before the others came.
      expect(Math.max(...done.slice(5)) - Math.min(...done.slice(5))).to.be.at.most(1);
    }
    expect(Math.max(...perTurn)).to.be.at.most(6);
    for (const one of running) expect(await one).to.equal('done');
  });

  it('gives what the work throws, at once or later', async () => {
    function* failing(steps: number): Generator<undefined, never> {
      yield* busyWork(steps);
      throw new RangeError(`after ${steps}`);
    }
    expect(() => runInSlices(failing(0), UNBOUNDED)).to.throw(RangeError, 'after 0');
    const later = await Promise.resolve(runInSlices(failing(20), UNBOUNDED)).catch((error: unknown) => error);
    expect(later).to.be.instanceOf(RangeError).with.property('message', 'after 20');
  });

  it('ends work that takes more time of its own than it may', async () => {
    const tooLong = (): Error => new RangeError('too long');
    let steps = 0;
    const others = [runInSlices(busyWork(30), UNBOUNDED), runInSlices(busyWork(30), UNBOUNDED)];
    const bounded = runInSlices(
      busyWork(1000, () => {
        steps += 1;
      }),
      { budgetMs: 10, tooLong },
    );
    const error = await Promise.resolve(bounded).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RangeError).with.property('message', 'too long');
    expect(steps).to.be.within(1, 12);
    for (const other of others) await other;
  });
});
