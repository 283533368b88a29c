import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { eventually, findExecutable, registerCleanup } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { readCluster } from '../../src/index.ts';
import { openSession, useZooKeeper } from './sessions.ts';

const DOCUMENT = join(import.meta.dirname, '../../../../docs/znodes.md');
const ZOOKEEPER_CLIENT = '/usr/share/zookeeper/bin/zkCli.sh';
/** As it stands in the examples. */
const CONNECT_STRING = '127.0.0.1:2181/pulsekeeper';

/** The one block of a language in the document. */
function example(language: string): string {
  const blocks = [...readFileSync(DOCUMENT, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  expect(blocks, `blocks of ${language}`).to.have.length(1);
  return blocks[0]?.[1] ?? '';
}

/** Whether Python is there, and kazoo. */
async function hasKazoo(): Promise<boolean> {
  const python = findExecutable('python3');
  if (python === undefined) return false;
  const [code] = (await once(spawn(python, ['-c', 'import kazoo'], { stdio: 'ignore' }), 'exit')) as [number | null];
  return code === 0;
}

describe('the examples of docs/znodes.md', function () {
  this.timeout(30_000);
  const { cluster } = useZooKeeper();
  let connectString: string;

  beforeEach(async () => {
    connectString = cluster.freshConnectString();
    // The examples do not make the chroot.
    await openSession(connectString);
  });

  function run(command: string, args: readonly string[], input: string): ChildProcessByStdio<Writable, null, null> {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    registerCleanup({
      name: command,
      run: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    });
    child.stdin.write(input);
    return child;
  }

  async function expectRegistered(): Promise<void> {
    const session = await openSession(connectString);
    const { parsed, stat } = await eventually(
      async () => {
        const found = (await readCluster(session)).services.get('db')?.instances.get('primary');
        if (found === undefined) throw new Error('db/primary is not registered');
        return found;
      },
      { timeoutMs: 20_000 },
    );
    expect(parsed).to.have.nested.property('value.address').that.deep.equals({ host: '10.0.3.17', port: 9187 });
    expect(parsed).to.have.nested.property('value.intervalMs', 15_000);
    expect(parsed).to.have.nested.property('value.labels.team', 'storage');
    expect(stat?.ephemeralOwner).to.not.equal(0n);
  }

  it('register with the client that comes with ZooKeeper', async function () {
    if (!existsSync(ZOOKEEPER_CLIENT)) this.skip();
    const [first, ...commands] = example('sh').trim().split('\n');
    expect(first).to.equal(`zkCli.sh -server ${CONNECT_STRING}`);
    const child = run(ZOOKEEPER_CLIENT, ['-server', connectString], `${commands.join('\n')}\n`);
    await expectRegistered();
    child.stdin.end('quit\n');
    await once(child, 'exit');
  });

  it('register with kazoo', async function () {
    if (!(await hasKazoo())) this.skip();
    const program = example('python').replace(CONNECT_STRING, connectString);
    expect(program).to.include(connectString);
    run('python3', ['-c', `${program}\nimport sys\nsys.stdin.read()\n`], '');
    await expectRegistered();
  });
});
