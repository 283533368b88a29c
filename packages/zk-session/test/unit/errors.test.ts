import { expect } from 'chai';

import { isZkError, serverCodeName, ZkError } from '../../src/errors.ts';

describe('ZkError', () => {
  it("has ZooKeeper's own names for the codes of its servers", () => {
    expect([-101, -110, -103, -4, -112, -102, -111, -108, -125, -118].map(serverCodeName)).to.deep.equal([
      'NoNode',
      'NodeExists',
      'BadVersion',
      'ConnectionLoss',
      'SessionExpired',
      'NoAuth',
      'NotEmpty',
      'NoChildrenForEphemerals',
      'QuotaExceeded',
      'SessionMoved',
    ]);
  });

  it('keeps the number of a code that has no name', () => {
    const error = ZkError.ofServerCode(-999, '/a');
    expect([error.code, error.serverCode, error.path]).to.deep.equal(['Unknown', -999, '/a']);
  });

  it('is retryable where the same call may succeed later by itself', () => {
    for (const code of ['ConnectionLoss', 'SessionExpired', 'OperationTimeout', 'ConnectTimeout'] as const) {
      expect(new ZkError(code, '').retryable, code).to.equal(true);
    }
    for (const code of ['NoNode', 'NodeExists', 'NoAuth', 'Closed', 'Unknown', 'DataTooLarge'] as const) {
      expect(new ZkError(code, '').retryable, code).to.equal(false);
    }
  });

  it('is made of anything thrown, once', () => {
    const cause = new Error('boom');
    const error = ZkError.from(cause, '/a');
    expect([error.code, error.message, error.cause, error.path]).to.deep.equal(['Unknown', 'boom', cause, '/a']);
    expect(ZkError.from(error)).to.equal(error);
    expect(ZkError.from('text').message).to.equal('text');
  });

  it('is told apart by code', () => {
    const error: unknown = new ZkError('NoNode', '');
    expect(isZkError(error)).to.equal(true);
    expect(isZkError(error, 'NodeExists', 'NoNode')).to.equal(true);
    expect(isZkError(error, 'NodeExists')).to.equal(false);
    expect(isZkError(new Error('NoNode'), 'NoNode')).to.equal(false);
  });
});
