import { expect } from 'chai';

import { CliError } from '../../../src/errors.ts';
import { checkUp, type Check } from '../../../src/views/checkup.ts';
import { readServerAnswer, silentServer, type EnsembleServer } from '../../../src/views/ensemble.ts';
import type { StatusReport } from '../../../src/views/status-report.ts';

const LEADER = readServerAnswer('zk1:2181', 'Mode: leader', 0.001);

function report(fields: Partial<StatusReport>, servers: readonly EnsembleServer[] = [LEADER]): StatusReport {
  const known = { reachable: true, answerSeconds: 0.01, error: null };
  return {
    zookeeper: { ...known, connectString: 'zk1:2181/p', services: 0, targets: 0, rejected: 0, servers },
    redis: { ...known, url: 'redis://h', version: null, usedMemoryBytes: null },
    ring: { version: 'r1', agreed: true, deviating: [] },
    collectors: [],
    slots: null,
    targets: null,
    worstTargets: [],
    problems: [],
    ...fields,
  };
}

function check(given: StatusReport, open: readonly string[] = []): Check[] {
  return checkUp({
    report: given,
    openZnodes: { ok: true, value: open },
    servers: { ok: false, error: new CliError('Unreachable', 'away') },
    sources: { zookeeper: 'default', redis: 'default' },
    nodeVersion: '20.19.0',
  });
}

describe('checkUp', () => {
  const outcomes = (servers: readonly EnsembleServer[]): string[] =>
    check(report({}, servers))
      .filter(({ check: name }) => name === 'ensemble')
      .map(({ outcome, detail }) => `${outcome}: ${detail}`);

  it('looks at each server of the ensemble', () => {
    const hidden = readServerAnswer('zk3:2181', 'srvr is not executed because it is not in the whitelist.', 0.001);
    expect(outcomes([LEADER, silentServer('zk2:2181', 'ECONNREFUSED'), hidden])).to.deep.equal([
      'ok: zk1:2181 leader',
      'warning: zk2:2181 not answering: ECONNREFUSED',
      'skipped: zk3:2181 it answers; srvr is not among its 4lw.commands.whitelist',
    ]);
  });

  it('is an error when no server serves', () => {
    const stray = readServerAnswer('zk1:2181', 'This ZooKeeper instance is not currently serving requests', 0.001);
    expect(outcomes([stray, silentServer('zk2:2181', 'ECONNREFUSED')])[0]).to.match(/^error: no server serves: zk1/);
  });

  it('warns of znodes that everybody may change', () => {
    const access = (open: readonly string[]): unknown =>
      check(report({}), open).find(({ check: name }) => name === 'access')?.outcome;
    expect(access([])).to.equal('ok');
    expect(access(['/', '/services'])).to.equal('warning');
  });

  it('tells each thing once', () => {
    const found = check(
      report({
        ring: { version: 'r1', agreed: false, deviating: ['c1'] },
        problems: [
          { severity: 'error', about: 'membership', text: 'no collector is registered' },
          { severity: 'error', about: 'ring', text: 'not working by ring r1: c1' },
          { severity: 'warning', about: 'redis', text: 'Redis: it forgets' },
          { severity: 'warning', about: 'registry', text: '/defaults: no JSON' },
        ],
      }),
    );
    const told = found.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'skipped');
    expect(told.map(({ check: name, outcome, detail }) => `${name} ${outcome}: ${detail}`)).to.deep.equal([
      'collectors error: no collector is registered',
      'status warning: /defaults: no JSON',
    ]);
  });
});
