import { expect } from 'chai';

import { BulkOperations } from '../../src/bulk-operations.ts';
import type { Connection } from '../../src/connection.ts';
import { EphemeralBudget } from '../../src/ephemeral-budget.ts';
import { ZkError } from '../../src/errors.ts';
import { type OperationDone, OperationQueue, type Outcome } from '../../src/operation-queue.ts';
import { normalizeSessionOptions } from '../../src/session-options.ts';
import { silentSessionLogger } from '../../src/session-logger.ts';
import { Watches } from '../../src/watches.ts';
import { ZnodeOperations } from '../../src/znode-operations.ts';

const EMPTY = new Uint8Array();
/** The server's code of a request that it does not know. */
const UNIMPLEMENTED = -6;
/** The server's code of a node that exists already. */
const NODE_EXISTS = -110;

interface Rig {
  readonly operations: ZnodeOperations;
  readonly bulk: BulkOperations;
  /** Time limits of the requests, in the order in which they came. */
  readonly limitsMs: number[];
  /** One for each request for several nodes. */
  readonly together: unknown[];
}

/** Operations over a link whose every answer takes a second of a clock that stands still otherwise. */
function rig(answers: readonly (Outcome<unknown> | undefined)[]): Rig {
  const waiting = [...answers];
  let nowMs = 0;
  const limitsMs: number[] = [];
  const together: unknown[] = [];
  const queue = new OperationQueue<Connection>();
  const submit = queue.submit.bind(queue);
  queue.submit = (request) => {
    limitsMs.push(request.timeoutMs);
    return submit(request);
  };
  const send = (_path: string, _request: unknown, _decode: unknown, done: OperationDone<unknown>): void => {
    const answer = waiting.shift();
    if (answer === undefined) return;
    setImmediate(() => {
      nowMs += 1000;
      done(answer);
    });
  };
  const sendBytes = (...[path, , , , done]: Parameters<Connection['sendBytes']>): void => {
    together.push(path);
    send(String(path), undefined, undefined, done);
  };
  queue.open({ send, sendBytes } as unknown as Connection);
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const ports = {
    options: normalizeSessionOptions({ connectString: 'h', clock }),
    queue,
    watches: new Watches(silentSessionLogger),
    ephemerals: new EphemeralBudget(1_000_000),
    sessionId: () => 1n,
  };
  const operations = new ZnodeOperations(ports);
  return { operations, bulk: new BulkOperations(ports, operations), limitsMs, together };
}

describe('ZnodeOperations', () => {
  it('share one time limit among a create, its repetition, and the look at what it may have made', async () => {
    const lost = { error: new ZkError('ConnectionLoss', 'lost') };
    const exists = { error: ZkError.ofServerCode(NODE_EXISTS, '/a') };
    // The look is not answered.
    const { operations, limitsMs } = rig([lost, exists]);
    expect(await codeOf(operations.create('/a', EMPTY, { timeoutMs: 2020 }))).to.equal('OperationTimeout');
    expect(limitsMs).to.deep.equal([2020, 1020, 20]);
  });

  it('share one time limit among all levels of a path that is ensured', async () => {
    // Three times there is nothing, and three creates.
    const { operations, limitsMs } = rig(Array.from({ length: 6 }, () => ({ value: undefined })));
    await operations.ensurePath('/a/b/c', { timeoutMs: 5500 });
    expect(limitsMs).to.deep.equal([5500, 4500, 3500, 2500, 1500, 500]);
  });

  it('read nodes one by one from a server that cannot read several at a time, and do not ask it again', async () => {
    const node = { value: { data: EMPTY, stat: undefined } };
    const { bulk, together } = rig([{ error: ZkError.ofServerCode(UNIMPLEMENTED) }, node, node, node]);
    expect([...(await bulk.readMany(['/a', '/b'], {})).keys()]).to.deep.equal(['/a', '/b']);
    expect((await bulk.readMany(['/c'], {})).size).to.equal(1);
    expect(together).to.have.lengthOf(1);
  });

  it('read nodes one by one when the link broke under the answer, or a path is none', async () => {
    const node = { value: { data: EMPTY, stat: undefined } };
    const { bulk, together } = rig([{ error: new ZkError('ConnectionLoss', 'lost') }, node, node, node]);
    expect((await bulk.readMany(['/a', '/b'], {})).size).to.equal(2);
    const told: string[] = [];
    const read = await bulk.readMany(['/a', 'none'], { onNodeError: (path) => told.push(path) });
    expect([...read.keys(), ...told]).to.deep.equal(['/a', 'none']);
    expect(together).to.have.lengthOf(1);
  });
});

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'done',
    (error: unknown) => (error instanceof ZkError ? error.code : error),
  );
}
