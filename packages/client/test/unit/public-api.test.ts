import { expect } from 'chai';
import * as client from '../../src/index.ts';

describe('@pulsekeeper/client', () => {
  it('exports what it documents, and nothing else', () => {
    expect(Object.keys(client).sort()).to.deep.equal([
      'DEFAULT_REGISTER_OPTIONS',
      'InvalidRegistrationError',
      'RegistryError',
      'ZkError',
      'metricsHandler',
      'register',
    ]);
  });
});
