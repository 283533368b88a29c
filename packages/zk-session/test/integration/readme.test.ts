import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { eventually, registerCleanup, startZooKeeper, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { startSession } from './session-harness.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));

describe('the example of the README', function () {
  this.timeout(20_000 * timeFactor);

  it('is present in ZooKeeper while it runs, also after its session was lost, and ends in order', async () => {
    const readme = readFileSync(`${folder}/README.md`, 'utf8');
    const program = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
    const server = await startZooKeeper();
    const connectString = `${server.connectString}/example`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: folder,
      env: { ...process.env, ZOOKEEPER: connectString },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    registerCleanup({
      name: 'example',
      run: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await eventually(() => expect(output).to.equal('connected\nme\n'));
    await server.restart({ wipe: true });
    await eventually(() => expect(output).to.match(/suspended\nlost\nconnected\nme\n$/), { timeoutMs: 15_000 });

    const observer = await startSession({ connectString });
    expect(await observer.exists('/me')).to.not.equal(undefined);
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    expect(await observer.exists('/me')).to.equal(undefined);
  });
});
