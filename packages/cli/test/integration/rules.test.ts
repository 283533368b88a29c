import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { expectJson } from '../support/json-schema.ts';
import { runBinary, type RunOutcome } from '../support/run-binary.ts';
import { openSession, putInstance, useZooKeeper } from '../support/sessions.ts';

describe('pulsekeeper rules', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let zookeeper: string;

  beforeEach(async () => {
    zookeeper = zooKeeper.freshCluster();
    // As the first collector of a cluster does.
    await openSession(zookeeper);
  });

  function run(args: readonly string[], input?: string): Promise<RunOutcome> {
    return runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper }, input });
  }

  it('writes YAML, reads it back as JSON and YAML, and takes it away again', async () => {
    const written = await run(['rules', 'set', '--service', 'web', '-'], 'interval: 30s\nlabels:\n  team: a\n');
    expect(written).to.include({ code: 0, err: '' });
    const [rule] = expectJson((await run(['rules', 'get', '--service', 'web', '--json'])).out, 'rules-get');
    expect(rule).to.deep.include({ service: 'web', rule: { interval: '30s', labels: { team: 'a' } }, problem: null });
    expect((await run(['rules', 'get', '--service', 'web', '--yaml'])).out).to.contain(
      'interval: 30s\nlabels:\n  team: a\n',
    );
    expect((await run(['rules', 'set', '--service', 'web', '-'], '')).code).to.equal(0);
    const all = expectJson((await run(['rules', 'get', '--json'])).out, 'rules-get');
    expect(all.map(({ service, rule: one }: any) => [service, one])).to.deep.equal([
      [null, null],
      ['web', null],
    ]);
  });

  it('shows what would change for which targets, and writes nothing on a dry run', async () => {
    const session = await openSession(zookeeper);
    await putInstance(session, 'web/a', { address: '127.0.0.1:1' });
    await putInstance(session, 'web/b', { address: '127.0.0.1:2', interval: '5s' });
    const dry = await run(['rules', 'set', '--defaults', '--dry-run', '--json', '-'], 'interval: 1m');
    expect(expectJson(dry.out, 'rules-set')).to.deep.equal({
      written: false,
      version: null,
      targets: [{ target: 'web/a', changes: [{ field: 'interval', from: '15s', to: '1m' }], rejected: null }],
    });
    const text = await run(['rules', 'set', '--defaults', '--dry-run', '-'], 'interval: 1m');
    expect(text.out).to.match(/web\/a +interval +"15s" +"1m"\nthe rule would change 1 targets/);
    expect(await session.exists('/defaults')).to.equal(undefined);
  });

  it('writes only over the version that was named', async () => {
    await run(['rules', 'set', '--service', 'web', '-'], 'interval: 30s');
    const [{ version }] = expectJson((await run(['rules', 'get', '--service', 'web', '--json'])).out, 'rules-get');
    await run(['rules', 'set', '--service', 'web', '-'], 'interval: 40s');
    const late = await run(['rules', 'set', '--service', 'web', '--if-version', String(version), '-'], 'interval: 50s');
    expect(late.code).to.equal(1);
    expect(late.err).to.match(/^pulsekeeper: .*changed by somebody else.*nothing was written[^\n]*\n$/);
    const [rule] = expectJson((await run(['rules', 'get', '--service', 'web', '--json'])).out, 'rules-get');
    expect(rule.rule).to.deep.equal({ interval: '40s' });
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'a: [', /standard input: /],
    ['a list', '- a', /object/],
    ['an interval', 'interval: 10 years', /interval is "10 years"/],
    ['a field that is misspelt', 'intervall: 5s', /intervall/],
    ['aliases', 'a: &a {x: 1}\nb: *a', /standard input: /],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what} that is wrong before it asks a server`, async () => {
      const outcome = await runBinary(['rules', 'validate', '-'], { input: text });
      expect(outcome.err)
        .to.match(/^pulsekeeper: [^\n]+\n$/)
        .and.match(message);
      expect(outcome).to.include({ code: 2, out: '' });
    });
  }

  it('validates a file', async () => {
    const path = join(tmpdir(), `pulsekeeper-rule-${process.pid}.yaml`);
    writeFileSync(path, 'bounds:\n  min_interval: 1s\n');
    expect(await runBinary(['rules', 'validate', '--defaults', path])).to.deep.include({ code: 0, err: '' });
    expectJson((await runBinary(['rules', 'validate', '--defaults', path, '--json'])).out, 'rules-validate');
    expect((await runBinary(['rules', 'validate', path])).err).to.contain('bounds');
  });

  it('wants to know whose rule is set, and only one of them', async () => {
    expect((await run(['rules', 'set', '-'], '')).err).to.contain('--service <name> or --defaults');
    expect((await run(['rules', 'set', '--service', 'web', '--defaults', '-'], '')).err).to.contain(
      'exclude each other',
    );
    expect((await run(['rules', 'set', '--service', 'a/b', '-'], '')).code).to.equal(2);
  });
});
