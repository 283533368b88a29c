import { expect } from 'chai';

import { assertPrivateFields, createLibraryClient } from '../../src/client-library.ts';
import { isZkError } from '../../src/errors.ts';

describe('the client library', () => {
  it('has every private field that is used', () => {
    expect(() => assertPrivateFields(createLibraryClient(1000))).to.not.throw();
  });

  it('is refused with the names of what is missing', () => {
    const client = createLibraryClient(1000);
    Reflect.set(client.connectionManager, 'onSocketData', undefined);
    Reflect.set(client.connectionManager, 'xid', undefined);
    expect(() => assertPrivateFields(client))
      .to.throw(/connectionManager\.xid, connectionManager\.onSocketData/)
      .that.satisfies((error: unknown) => isZkError(error, 'IncompatibleClientLibrary'));
  });
});
