import { expect } from 'chai';

import * as zkSession from '../../src/index.ts';

describe('@pulsekeeper/zk-session', () => {
  it('exports these names at run time, and no others', () => {
    expect(Object.keys(zkSession).sort()).to.deep.equal([
      'DEFAULT_ZK_SESSION_OPTIONS',
      'ZkError',
      'ZkSession',
      'formatServerAddress',
      'formatSessionId',
      'isZkError',
      'parseConnectString',
    ]);
  });
});
