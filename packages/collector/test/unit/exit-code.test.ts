import { StoreError } from '@pulsekeeper/store';
import { ZkError } from '@pulsekeeper/zk-session';
import { expect } from 'chai';

import { CollectorError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/exit-code.ts';

describe('exitCodeOf', () => {
  const table: [string, unknown, number][] = [
    ['wrong settings', new CollectorError('InvalidConfig', 'x'), 2],
    ['options that make no sense', new RangeError('x'), 2],
    ['a connect string that is none', new ZkError('InvalidConnectString', 'x'), 2],
    ['a Redis URL that is none', new StoreError('InvalidOption', 'x'), 2],
    ['ZooKeeper out of reach', new ZkError('ConnectTimeout', 'x'), 3],
    ['Redis out of reach', Object.assign(new Error('x'), { code: 'Unavailable' }), 3],
    ['a start that takes too long', new CollectorError('StartFailed', 'x'), 3],
    ['a listen address in use', new CollectorError('ListenFailed', 'x'), 1],
    ['a name that is taken', Object.assign(new Error('x'), { code: 'NameTaken' }), 1],
    ['anything else', undefined, 1],
  ];
  for (const [title, error, code] of table) {
    it(`is ${code} for ${title}`, () => {
      expect(exitCodeOf(error)).to.equal(code);
    });
  }
});
