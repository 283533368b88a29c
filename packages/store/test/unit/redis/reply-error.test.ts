import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { classOfError, storeErrorOf } from '../../../src/redis/reply-error.ts';

describe('classOfError', () => {
  for (const [message, expected] of [
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    ["-READONLY You can't write against a read only replica.", 'READONLY'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ["-OOM command not allowed when used memory > 'maxmemory'. script: a, on @user_script:1.", 'OOM'],
    ['BUSY Redis is busy running a script.', 'BUSY'],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF'],
    ['NOREPLICAS Not enough good replicas to write.', 'NOREPLICAS'],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN'],
    ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
    ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT'],
    ['NOAUTH Authentication required.', 'NOAUTH'],
    ['WRONGPASS invalid username-password pair', 'WRONGPASS'],
    ["NOPERM this user has no permissions to run the 'xadd' command", 'NOPERM'],
    ["The user executing the script can't run this command or subcommand script: 1", 'NOPERM'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE'],
    ['ERR max number of clients reached', 'maxclients'],
    ['Command timed out', 'timeout'],
    ['Connection is closed.', 'connection'],
    ["Stream isn't writeable and enableOfflineQueue options is false", 'connection'],
    ["Cluster isn't ready and enableOfflineQueue options is false", 'connection'],
    ['Cluster is disconnected.', 'connection'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'connection'],
    ['ERR something new', 'other'],
  ] as const) {
    it(`calls "${message.slice(0, 40)}" ${expected}`, () =>
      expect(classOfError(new Error(message))).to.equal(expected));
  }

  it('makes errors that say what was done, and whether to try again', () => {
    const cause = new Error('LOADING Redis is loading');
    expect(storeErrorOf(cause, 'GET')).to.include({ code: 'NotServing', retryable: true, cause });
    expect(storeErrorOf(new Error('NOPERM no'), 'GET')).to.include({ code: 'Refused', retryable: false });
    expect(storeErrorOf(new Error('Command timed out'), 'GET').message).to.equal('GET: no reply in time');
    const own = new StoreError('Closed', 'x');
    expect(storeErrorOf(own, 'GET')).to.equal(own);
  });
});
