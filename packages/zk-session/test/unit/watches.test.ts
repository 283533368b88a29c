import { expect } from 'chai';

import { silentSessionLogger } from '../../src/session-logger.ts';
import { type WatchEvent, Watches, watchEventType } from '../../src/watches.ts';

function recorder(): { calls: WatchEvent[]; callback: (event: WatchEvent) => void } {
  const calls: WatchEvent[] = [];
  return { calls, callback: (event) => calls.push(event) };
}

describe('Watches', () => {
  it('calls a function once, however often it was given for a path', () => {
    const watches = new Watches(silentSessionLogger);
    const { calls, callback } = recorder();
    for (let turn = 0; turn < 5; turn += 1) watches.add('data', '/a', callback);
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    expect(calls).to.deep.equal([{ type: 'NodeDataChanged', path: '/a' }]);
  });

  it('calls a function that watches data and children once when the node is deleted', () => {
    const watches = new Watches(silentSessionLogger);
    const { calls, callback } = recorder();
    watches.add('data', '/a', callback);
    watches.add('children', '/a', callback);
    watches.dispatch({ type: 'NodeDeleted', path: '/a' });
    expect(calls).to.have.lengthOf(1);
    expect(watches.size).to.equal(0);
  });

  it('tells each kind of its own events only', () => {
    const watches = new Watches(silentSessionLogger);
    const data = recorder();
    const children = recorder();
    const existence = recorder();
    watches.add('data', '/a', data.callback);
    watches.add('children', '/a', children.callback);
    watches.add('existence', '/b', existence.callback);
    watches.dispatch({ type: 'NodeChildrenChanged', path: '/a' });
    watches.dispatch({ type: 'NodeCreated', path: '/b' });
    expect([data.calls.length, children.calls.length, existence.calls.length]).to.deep.equal([0, 1, 1]);
  });

  it('calls a function that is given again from within its call for the next event only', () => {
    const watches = new Watches(silentSessionLogger);
    let calls = 0;
    const callback = (): void => {
      calls += 1;
      watches.add('data', '/a', callback);
    };
    watches.add('data', '/a', callback);
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    expect(calls).to.equal(1);
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    expect(calls).to.equal(2);
  });

  it('keeps one callback that throws from the others', () => {
    const errors: object[] = [];
    const watches = new Watches({ ...silentSessionLogger, error: (fields) => errors.push(fields) });
    const { calls, callback } = recorder();
    watches.add('data', '/a', () => {
      throw new Error('broken consumer');
    });
    watches.add('data', '/a', callback);
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    expect(calls).to.have.lengthOf(1);
    expect(errors).to.have.lengthOf(1);
  });

  it('forgets a callback that was removed, and all when the link is gone', () => {
    const watches = new Watches(silentSessionLogger);
    const { calls, callback } = recorder();
    const other = recorder();
    watches.add('data', '/a', callback);
    watches.add('data', '/a', other.callback);
    watches.add('children', '/a', callback);
    watches.remove('/a', callback);
    watches.dispatch({ type: 'NodeDeleted', path: '/a' });
    watches.add('data', '/a', callback);
    watches.clear();
    watches.dispatch({ type: 'NodeDataChanged', path: '/a' });
    expect(calls).to.have.lengthOf(0);
    expect(other.calls).to.have.lengthOf(1);
    expect(watches.size).to.equal(0);
  });

  it('knows the four events of znodes by number, and no other', () => {
    expect([1, 2, 3, 4].map(watchEventType)).to.deep.equal([
      'NodeCreated',
      'NodeDeleted',
      'NodeDataChanged',
      'NodeChildrenChanged',
    ]);
    expect([-1, 0, 5, 7].map(watchEventType)).to.deep.equal([undefined, undefined, undefined, undefined]);
  });
});
