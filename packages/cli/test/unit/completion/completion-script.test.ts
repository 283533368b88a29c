import { execFileSync, spawnSync } from 'node:child_process';

import { expect } from 'chai';

import { COMMANDS } from '../../../src/command-table.ts';
import { completionScript, SHELLS } from '../../../src/completion/completion-script.ts';
import { GLOBAL_OPTIONS } from '../../../src/global-options.ts';
import { AGGREGATIONS } from '../../../src/query/aggregate.ts';

/** What bash itself offers for a command line, its last word being completed. */
function complete(...words: readonly string[]): string[] {
  const script = completionScript('bash', COMMANDS, GLOBAL_OPTIONS);
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const program = `${script}\nCOMP_WORDS=(pulsekeeper ${quoted}); COMP_CWORD=${words.length}; _pulsekeeper; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim().split('\n');
}

describe('completionScript', () => {
  it('completes commands in bash', () => {
    expect(complete('sta')).to.deep.equal(['status']);
    expect(complete('')).to.include.members(['status', 'verify', '--json']);
  });

  it('completes subcommands and the options of the command in bash', () => {
    expect(complete('rules', '')).to.include.members(['get', 'set', 'validate']);
    expect(complete('rules', 'set', '--d')).to.deep.equal(['--defaults', '--dry-run']);
    expect(complete('verify', '--json', '--gr')).to.deep.equal(['--grace']);
  });

  it('takes the value of an option for no command in bash', () => {
    expect(complete('--config', 'status', 'query', '--si')).to.deep.equal(['--since']);
    expect(complete('targets', '--service', '')).to.deep.equal(['']);
  });

  it('completes values where there are few, in bash', () => {
    expect(complete('targets', '--health', 'r')).to.deep.equal(['rejected']);
    expect(complete('query', 'up', '--aggregate', '')).to.deep.equal([...AGGREGATIONS]);
    expect(complete('--log-level', 'wa')).to.deep.equal(['warn']);
    expect(complete('completion', 'z')).to.deep.equal(['zsh']);
    expect(COMMANDS.find(({ usage }) => usage.startsWith('completion'))?.values).to.deep.equal(SHELLS);
  });

  it('offers the subcommands once in fish, and files in zsh where nothing else fits', () => {
    expect(completionScript('fish', COMMANDS, GLOBAL_OPTIONS)).to.match(
      /-n '__fish_seen_subcommand_from rules; and not __fish_seen_subcommand_from get set .*' -a get /,
    );
    expect(completionScript('zsh', COMMANDS, GLOBAL_OPTIONS)).to.contain('|| _files');
  });

  for (const shell of SHELLS) {
    it(`names every command in the script for ${shell}`, () => {
      const script = completionScript(shell, COMMANDS, GLOBAL_OPTIONS);
      for (const { usage } of COMMANDS) {
        expect(script).to.contain(usage.split(' ')[0]);
      }
    });

    it(`writes a script that ${shell} can read`, function () {
      const check = spawnSync(shell, ['-n'], {
        input: completionScript(shell, COMMANDS, GLOBAL_OPTIONS),
        encoding: 'utf8',
      });
      if (check.error !== undefined) {
        this.skip();
      }
      expect(check.stderr).to.equal('');
      expect(check.status).to.equal(0);
    });
  }
});
