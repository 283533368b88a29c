import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { findExecutable } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { expectJson } from '../support/json-schema.ts';
import { BINARY, runBinary, type RunOutcome } from '../support/run-binary.ts';
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

  it('writes what `rules get --yaml` printed over the version that it tells, also on a dry run', async () => {
    await run(['rules', 'set', '--service', 'web', '-'], 'interval: 30s');
    const printed = (await run(['rules', 'get', '--service', 'web', '--yaml'])).out;
    expect(printed).to.match(/^# service web, version 0 of \S+Z\ninterval: 30s\n$/);
    const edited = printed.replace('30s', '50s');
    await run(['rules', 'set', '--service', 'web', '-'], 'interval: 40s');
    for (const more of [[], ['--dry-run']]) {
      const late = await run(['rules', 'set', '--service', 'web', ...more, '-'], edited);
      expect(late).to.include({ code: 1, out: '' });
      expect(late.err).to.match(/^pulsekeeper: .*changed by somebody else: version 1 by now, not 0; nothing [^\n]*\n$/);
    }
    const current = (await run(['rules', 'get', '--service', 'web', '--yaml'])).out.replace('40s', '50s');
    expect((await run(['rules', 'set', '--service', 'db', '-'], current)).err).to.contain('is of service web');
    expect((await run(['rules', 'set', '--service', 'web', '-'], current)).code).to.equal(0);
  });

  it('prints all rules as YAML documents, one behind the other', async () => {
    await run(['rules', 'set', '--defaults', '-'], 'interval: 20s');
    await run(['rules', 'set', '--service', 'web', '-'], 'interval: 30s');
    const { out } = await run(['rules', 'get', '--yaml']);
    expect(out.split('---\n')).to.have.length(2);
    expect(out).to.match(/^# defaults, .*\ninterval: 20s\n---\n# service web, .*\ninterval: 30s\n$/);
  });

  it('does not find the rule of a service that does not exist', async () => {
    const { code, out, err } = await run(['rules', 'get', '--service', 'wev']);
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err).to.match(/^pulsekeeper: there is no service "wev"; [^\n]+\n$/);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'a: [', /standard input: /],
    ['a list', '- a', /object/],
    ['an interval', 'interval: 10 years', /interval is "10 years"/],
    ['a field that is misspelt', 'intervall: 5s', /intervall/],
    ['a tag that nobody knows', 'interval: !odd 5s\nlabels: !wrong 1', /labels/],
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

  describe('edit', () => {
    function edit(editor: string, ...args: readonly string[]): Promise<RunOutcome> {
      const env = { PULSEKEEPER_ZOOKEEPER: zookeeper, VISUAL: '', EDITOR: editor };
      return runBinary(['rules', 'edit', '--service', 'web', ...args], { env });
    }

    async function ruleOfWeb(): Promise<unknown> {
      return expectJson((await run(['rules', 'get', '--service', 'web', '--json'])).out, 'rules-get')[0].rule;
    }

    beforeEach(async () => {
      await putInstance(await openSession(zookeeper), 'web/a', { address: '127.0.0.1:1' });
      await run(['rules', 'set', '--service', 'web', '-'], 'interval: 30s');
    });

    it('writes what was saved, and says what it changes', async () => {
      const { code, out } = await edit('sed -i s/30s/40s/', '--yes');
      expect(code).to.equal(0);
      expect(out).to.match(/web\/a +interval +"30s" +"40s"\nthe rule changes 1 targets\nwritten as version 2\n$/);
      expect(await ruleOfWeb()).to.deep.equal({ interval: '40s' });
      const again = expectJson((await edit('sed -i s/40s/50s/', '--yes', '--json')).out, 'rules-edit');
      expect(again).to.deep.include({ written: true, version: 3 });
    });

    it('shows the editor the rule as YAML, with where its schema is', async () => {
      const { err } = await edit('cat >&2');
      expect(err).to.contain('--yes');
      const shown = (await edit('cat', '--yes')).out;
      expect(shown).to.match(
        /^# Rule of service web, version 1\..*\n# yaml-language-server: \$schema=\S+\ninterval: 30s\n/,
      );
      const schema = JSON.parse(readFileSync(/schema=(\S+)/.exec(shown)?.[1] ?? '', 'utf8')) as unknown;
      expect(schema).to.deep.equal(JSON.parse((await run(['rules', 'schema'])).out));
    });

    it('writes nothing when nothing was changed, the rule is wrong, or the editor fails', async () => {
      expect(await edit('true', '--yes')).to.include({ code: 0, out: 'nothing was written\n' });
      const wrong = await edit('sed -i s/30s/never/', '--yes');
      expect(wrong.code).to.equal(2);
      expect(wrong.err).to.match(/interval is "never"/);
      const kept = /your text is kept in (\S+?rule\.yaml)/.exec(wrong.err)?.[1] ?? '';
      expect(readFileSync(kept, 'utf8')).to.contain('interval: never');
      rmSync(dirname(kept), { recursive: true });
      const failed = await edit('exit 3;', '--yes');
      expect(failed.code).to.equal(2);
      expect(failed.err).to.contain('the editor ended with 3');
      expect(await ruleOfWeb()).to.deep.equal({ interval: '30s' });
    });

    /** Runs the editor on a terminal, and types as soon as a question is there. */
    async function editAtTerminal(editor: string, typed: string): Promise<string> {
      const script = findExecutable('script') ?? '';
      expect(script, 'util-linux').not.to.equal('');
      const command = `'${process.execPath}' '${BINARY}' rules edit --service web`;
      const child = spawn(script, ['-qec', command, '/dev/null'], {
        env: { ...process.env, PULSEKEEPER_ZOOKEEPER: zookeeper, VISUAL: '', EDITOR: editor, TERM: 'dumb' },
      });
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        shown += chunk;
        if (chunk.includes('[Y/n] ')) {
          child.stdin.write(typed);
        }
      });
      await once(child, 'close');
      return shown;
    }

    for (const [what, typed] of [
      ['is answered with no', 'n\n'],
      ['is answered with Ctrl-C', '\u0003'],
    ] as const) {
      it(`keeps what was typed, and says where, when the question whether to write it ${what}`, async () => {
        const shown = await editAtTerminal('sed -i s/30s/40s/', typed);
        expect(shown).to.contain('write it? [Y/n] ');
        const kept = /your text is kept in (\S+?rule\.yaml)/.exec(shown)?.[1] ?? '';
        expect(readFileSync(kept, 'utf8')).to.contain('interval: 40s');
        rmSync(dirname(kept), { recursive: true });
        expect(await ruleOfWeb()).to.deep.equal({ interval: '30s' });
      });
    }

    it('asks whether to edit a wrong rule again, and writes when it is told to', async () => {
      const shown = await editAtTerminal('sed -i -e s/often/40s/ -e s/30s/often/', '\n');
      expect(shown).to.match(/interval is "often".*edit again\? \[Y\/n\] /s);
      expect(shown).to.match(/write it\? \[Y\/n\] .*written as version 2/s);
      expect(await ruleOfWeb()).to.deep.equal({ interval: '40s' });
    });

    it('keeps the text when somebody else was quicker', async () => {
      const set = `echo 'interval: 1m' | '${process.execPath}' '${BINARY}' rules set --service web - >&2;`;
      const late = await edit(`${set} sed -i s/30s/40s/`, '--yes');
      expect(late.code).to.equal(1);
      expect(late.err).to.match(/changed by somebody else.*your text is kept in/);
      expect(await ruleOfWeb()).to.deep.equal({ interval: '1m' });
    });
  });

  it('keeps a history, from which a version is brought back', async () => {
    expect((await run(['rules', 'history', '--service', 'web'])).err).to.contain('nothing is kept of service web');
    for (const rule of ['interval: 30s', 'interval: 40s', '']) {
      await run(['rules', 'set', '--service', 'web', '-'], rule);
    }
    const history = expectJson((await run(['rules', 'history', '--service', 'web', '--json'])).out, 'rules-history');
    expect(history.map(({ version, rule }: any) => [version, rule])).to.deep.equal([
      [2, null],
      [1, { interval: '40s' }],
      [0, { interval: '30s' }],
    ]);
    expect(history[0].by).to.match(/^.+@.+$/);
    const table = (await run(['rules', 'history', '--service', 'web'])).out.split('\n');
    expect(table[0]).to.match(/^VERSION +AT +BY +RULE$/);
    expect(table[2]).to.match(/^ +1 .*\{"interval":"40s"\}$/);
    const { out } = await run(['rules', 'history', '--service', 'web', '--show', '0']);
    expect(out).to.equal('interval: 30s\n');
    expect((await run(['rules', 'set', '--service', 'web', '-'], out)).code).to.equal(0);
    const none = await run(['rules', 'history', '--service', 'web', '--show', '7']);
    expect(none).to.include({ code: 1, out: '' });
    expect((await run(['rules', 'history', '--service', 'web', '--show', 'x'])).code).to.equal(2);
  });

  it('wants to know whose rule is set, and only one of them', async () => {
    expect((await run(['rules', 'set', '-'], '')).err).to.contain('--service <name> or --defaults');
    expect((await run(['rules', 'set', '--service', 'web', '--defaults', '-'], '')).err).to.contain(
      'exclude each other',
    );
    expect((await run(['rules', 'set', '--service', 'a/b', '-'], '')).code).to.equal(2);
  });
});
