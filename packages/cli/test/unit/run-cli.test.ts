import { expect } from 'chai';

import type { CommandDefinition } from '../../src/command.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { runCli } from '../../src/run-cli.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await runCli({
    args,
    env: {},
    cwd: '/',
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

describe('runCli', () => {
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['statos'], /unknown command 'statos' \(Did you mean status\?\); see 'pulsekeeper --help'/],
    ['an unknown option', ['status', '--jsn'], /unknown option '--jsn' .*; see 'pulsekeeper status --help'/],
    ['a missing argument', ['drain'], /missing required argument 'collector'; see 'pulsekeeper drain --help'/],
    ['one argument too many', ['status', 'x'], /too many arguments.*; see 'pulsekeeper status --help'/],
    ['an option without its value', ['status', '--redis'], /argument missing; see 'pulsekeeper --help'/],
    [
      'a missing subcommand',
      ['rules'],
      /'rules' needs a subcommand: get, set, edit, history, schema, validate; see 'pulsekeeper rules --help'/,
    ],
    ['an unknown subcommand', ['rules', 'edt'], /unknown command 'edt'.*; see 'pulsekeeper rules --help'/],
    ['a setting', ['status', '--redis', 'x'], /--redis: redis is "x".*; see 'pulsekeeper status --help'/],
    ['a configuration file', ['status', '--config', '/none'], /--config \/none: ENOENT.*; see/],
  ];
  for (const [what, args, message] of wrong) {
    it(`answers ${what} with one line and exit code 2`, async () => {
      const { code, out, err } = await run(...args);
      expect(code).to.equal(2);
      expect(out).to.equal('');
      expect(err)
        .to.match(/^pulsekeeper: [^\n]+\n$/)
        .and.match(message);
    });
  }

  it('shows the help without a command, as wrong usage', async () => {
    const { code, out } = await run();
    expect(code).to.equal(2);
    expect(out).to.contain('Commands:').and.to.contain('Exit codes:');
  });

  /** Every command line that has a help of its own, subcommands included. */
  function commandPaths(definitions: readonly CommandDefinition[], parent: readonly string[] = []): string[][] {
    return definitions.flatMap(({ usage, subcommands }) => {
      const path = [...parent, usage.split(' ')[0] ?? ''];
      return [path, ...commandPaths(subcommands ?? [], path)];
    });
  }

  it('names every command in its help', async () => {
    const { out } = await run('--help');
    for (const [name = ''] of commandPaths(COMMANDS)) {
      expect(out).to.match(new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
    }
  });

  for (const path of commandPaths(COMMANDS)) {
    it(`shows help with examples for ${path.join(' ')}`, async () => {
      const { code, out } = await run(...path, '--help');
      expect(code).to.equal(0);
      expect(out)
        .to.contain(`Usage: pulsekeeper ${path.join(' ')} `)
        .and.to.contain('Examples:')
        .and.to.contain('$ ');
    });
  }

  it('takes options of all commands before and after the command', async () => {
    for (const args of [
      ['--json', 'completion', 'bash'],
      ['completion', 'bash', '--json'],
    ]) {
      expect(JSON.parse((await run(...args)).out)).to.include({ shell: 'bash' });
    }
  });

  it('refuses a password on the command line, and says where it belongs', async () => {
    const { code, out, err } = await run('status', '--redis', 'redis://u:hunter2@h');
    expect(code).to.equal(2);
    expect(out).to.equal('');
    expect(err).to.match(/^pulsekeeper: --redis redis:\/\/u:\*\*\*@h: .*PULSEKEEPER_REDIS.*\n$/);
  });

  it('prints its version', async () => {
    expect(await run('--version')).to.deep.include({ code: 0, err: '' });
    expect((await run('--version')).out).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('masks passwords and escapes control characters in every message', async () => {
    const { err } = await run('status', '--redis', 'redis+x://u:hunter2@h\u001b[2J');
    expect(err).not.to.contain('hunter2');
    // eslint-disable-next-line no-control-regex -- that none of them is there
    expect(err.trimEnd()).not.to.match(/[\u0000-\u001f]/);
  });
});
