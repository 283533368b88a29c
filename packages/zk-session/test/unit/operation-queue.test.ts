import { getEventListeners } from 'node:events';

import { expect } from 'chai';

import { ZkError } from '../../src/errors.ts';
import { type OperationDone, OperationQueue, type OperationRequest } from '../../src/operation-queue.ts';

/** A link that keeps what it is given until the test answers. */
class ManualLink {
  readonly sent: { name: string; done: OperationDone<string> }[] = [];

  answer(index = 0): void {
    const [entry] = this.sent.splice(index, 1);
    entry?.done({ value: entry.name });
  }

  break(): void {
    for (const { done } of this.sent.splice(0)) done({ error: new ZkError('ConnectionLoss', 'broken') });
  }
}

function request(
  name: string,
  more: Partial<OperationRequest<ManualLink, string>> = {},
): OperationRequest<ManualLink, string> {
  return {
    description: name,
    isRepeatable: false,
    timeoutMs: 5000,
    send: (link, done) => link.sent.push({ name, done }),
    ...more,
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof ZkError ? error.code : String(error)),
  );
}

describe('OperationQueue', () => {
  it('lets no more than its bound onto the link', async () => {
    const queue = new OperationQueue<ManualLink>(3);
    const link = new ManualLink();
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => queue.submit(request(name)));
    queue.open(link);
    expect(link.sent.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c']);
    link.answer();
    expect(link.sent.map(({ name }) => name)).to.deep.equal(['b', 'c', 'd']);
    while (link.sent.length > 0) link.answer();
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    expect(queue.inFlight).to.equal(0);
  });

  it('lets flows take turns, so that a single operation does not wait for a bulk read', () => {
    const queue = new OperationQueue<ManualLink>(2);
    const link = new ManualLink();
    const bulk = {};
    queue.open(link);
    for (let index = 0; index < 100; index += 1) void queue.submit(request(`bulk${index}`, { flow: bulk }));
    void queue.submit(request('single'));
    link.answer();
    link.answer();
    expect(link.sent.map(({ name }) => name)).to.include('single');
  });

  it('holds operations until there is a link', async () => {
    const queue = new OperationQueue<ManualLink>();
    const waiting = queue.submit(request('a'));
    const link = new ManualLink();
    queue.open(link);
    link.answer();
    expect(await waiting).to.equal('a');
  });

  it('settles an operation at its deadline, with or without a link', async () => {
    const queue = new OperationQueue<ManualLink>();
    expect(await codeOf(queue.submit(request('a', { timeoutMs: 5 })))).to.equal('OperationTimeout');
    queue.open(new ManualLink());
    expect(await codeOf(queue.submit(request('b', { timeoutMs: 5 })))).to.equal('OperationTimeout');
    expect(queue.unsettled).to.equal(0);
  });

  it('keeps the place of an operation whose deadline passed on the wire, until the link answers', async () => {
    const queue = new OperationQueue<ManualLink>(1);
    const link = new ManualLink();
    queue.open(link);
    await codeOf(queue.submit(request('slow', { timeoutMs: 5 })));
    const next = queue.submit(request('next'));
    expect(link.sent.map(({ name }) => name)).to.deep.equal(['slow']);
    link.answer();
    link.answer();
    expect(await next).to.equal('next');
  });

  it('never sends what was aborted or timed out while it waited', async () => {
    const queue = new OperationQueue<ManualLink>();
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const aborted = queue.submit(request('a', { signal: controller.signal }));
    const late = queue.submit(request('b', { timeoutMs: 1 }));
    controller.abort(reason);
    expect(await aborted.catch((error: unknown) => error)).to.equal(reason);
    expect(await codeOf(late)).to.equal('OperationTimeout');
    const link = new ManualLink();
    queue.open(link);
    expect(link.sent).to.have.lengthOf(0);
  });

  it('repeats reads on the next link and fails writes when a link breaks', async () => {
    const queue = new OperationQueue<ManualLink>();
    const first = new ManualLink();
    queue.open(first);
    const read = queue.submit(request('read', { isRepeatable: true }));
    const write = queue.submit(request('write'));
    queue.suspend();
    first.break();
    expect(await codeOf(write)).to.equal('ConnectionLoss');
    const second = new ManualLink();
    queue.open(second);
    expect(second.sent.map(({ name }) => name)).to.deep.equal(['read']);
    second.answer();
    expect(await read).to.equal('read');
  });

  it('does not count a late answer of an old link against the new one', async () => {
    const queue = new OperationQueue<ManualLink>(1);
    const first = new ManualLink();
    queue.open(first);
    const old = queue.submit(request('old', { timeoutMs: 1 }));
    await codeOf(old);
    queue.suspend();
    const second = new ManualLink();
    queue.open(second);
    void queue.submit(request('a'));
    void queue.submit(request('b'));
    first.break();
    expect(queue.inFlight).to.equal(1);
    expect(second.sent.map(({ name }) => name)).to.deep.equal(['a']);
  });

  it('fails everything when the session ends, and takes new operations for the next one', async () => {
    const queue = new OperationQueue<ManualLink>(1);
    queue.open(new ManualLink());
    const both = [queue.submit(request('sent')), queue.submit(request('waiting'))].map(codeOf);
    queue.failAll(new ZkError('SessionExpired', 'over'));
    expect(await Promise.all(both)).to.deep.equal(['SessionExpired', 'SessionExpired']);
    const link = new ManualLink();
    const next = queue.submit(request('next'));
    queue.open(link);
    link.answer();
    expect(await next).to.equal('next');
  });

  it('refuses everything once closed', async () => {
    const queue = new OperationQueue<ManualLink>();
    const waiting = codeOf(queue.submit(request('a')));
    queue.close(new ZkError('Closed', 'closed'));
    expect(await waiting).to.equal('Closed');
    expect(await codeOf(queue.submit(request('b')))).to.equal('Closed');
  });

  it('shows the answer to `onReply` before the promise, and not at all when nobody waits', async () => {
    const queue = new OperationQueue<ManualLink>();
    const link = new ManualLink();
    queue.open(link);
    const seen: string[] = [];
    const onReply = (value: string): unknown => seen.push(value);
    const controller = new AbortController();
    const aborted = queue.submit(request('a', { onReply, signal: controller.signal })).catch(() => undefined);
    const answered = queue.submit(request('b', { onReply }));
    controller.abort();
    link.answer();
    link.answer();
    expect(seen).to.deep.equal(['b']);
    await Promise.all([aborted, answered]);
  });

  it('keeps one listener on a signal that many share, and none afterwards', async () => {
    const queue = new OperationQueue<ManualLink>();
    const link = new ManualLink();
    queue.open(link);
    const { signal } = new AbortController();
    const all = ['a', 'b', 'c'].map((name) => queue.submit(request(name, { signal })));
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(1);
    while (link.sent.length > 0) link.answer();
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(0);
  });

  it('aborts all that share a signal', async () => {
    const queue = new OperationQueue<ManualLink>();
    const controller = new AbortController();
    const all = ['a', 'b'].map((name) => queue.submit(request(name, { signal: controller.signal })));
    const reason = new Error('enough');
    controller.abort(reason);
    const ends = await Promise.allSettled(all);
    expect(ends.map((end) => end.status === 'rejected' && end.reason === reason)).to.deep.equal([true, true]);
    expect(queue.unsettled).to.equal(0);
  });
});
