import { EventEmitter } from 'node:events';
import { silentLogger, type Logger } from '@pulsekeeper/model';
import { expect } from 'chai';
import { safeEmit } from '../../src/safe-emit.ts';

describe('safeEmit', () => {
  it('tells the listeners after one that throws, and logs what it threw', () => {
    const emitter = new EventEmitter<{ changed: [value: number] }>();
    const logged: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const failure = new Error('a listener that throws');
    const told: number[] = [];
    emitter.on('changed', () => {
      throw failure;
    });
    emitter.on('changed', (value) => told.push(value));
    emitter.once('changed', (value) => told.push(-value));
    safeEmit(logger, emitter, 'changed', 1);
    safeEmit(logger, emitter, 'changed', 2);
    expect(told).to.deep.equal([1, -1, 2]);
    expect(logged).to.deep.equal([
      { err: failure, event: 'changed' },
      { err: failure, event: 'changed' },
    ]);
  });
});
