import { expect } from 'chai';

import { TestSupportError } from '../../src/errors.ts';
import { eventually } from '../../src/eventually.ts';

async function failureOf(promise: Promise<unknown>): Promise<TestSupportError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(TestSupportError);
  return outcome as TestSupportError;
}

describe('eventually', () => {
  it('returns what the assertion yields once it no longer throws or yields false', async () => {
    let tries = 0;
    const value = await eventually(
      () => {
        tries += 1;
        if (tries === 1) throw new Error('not yet');
        return tries === 2 ? false : 'done';
      },
      { intervalMs: 1 },
    );
    expect(value).to.equal('done');
    expect(tries).to.equal(3);
  });

  it('throws a Timeout that quotes the last failure', async () => {
    const failure = await failureOf(eventually(() => expect(1).to.equal(2), { timeoutMs: 20, intervalMs: 1 }));
    expect(failure.code).to.equal('Timeout');
    expect(failure.message).to.contain('expected 1 to equal 2');
  });

  it('gives up on an assertion that never settles', async () => {
    const never = new Promise<boolean>(() => undefined);
    const failure = await failureOf(eventually(() => never, { timeoutMs: 20 }));
    expect(failure.message).to.contain('did not settle');
  });
});
