import { expect } from 'chai';
import * as registry from '../../src/index.ts';

describe('@pulsekeeper/registry', () => {
  it('exports what it documents, and nothing else', () => {
    expect(Object.keys(registry).sort()).to.deep.equal([
      'CollectorMembership',
      'DEFAULT_DIRECTORY_OPTIONS',
      'Directory',
      'InstanceWatcher',
      'InvalidRegistrationError',
      'MAX_CAPACITY',
      'MIN_CAPACITY',
      'Registration',
      'RegistryError',
      'ZNODES',
      'ZkError',
      'ZkSession',
      'createRegistrantKey',
      'explainInvalidName',
      'firstRoutableAddress',
      'longestPollMs',
      'parseCollector',
      'parseDuration',
      'parseRegistrantKey',
      'readCluster',
      'readRule',
      'readRuleHistory',
      'registerInstance',
      'roleOf',
      'serializeCollector',
      'serializeInstance',
      'showValue',
      'silentLogger',
      'writeRule',
    ]);
  });
});
