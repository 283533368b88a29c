import { expect } from 'chai';
import { requireServers, startRedis } from '@pulsekeeper/test-support';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = fileURLToPath(new URL('../..', import.meta.url));

describe('the example of the README', () => {
  it('prints what it says', async () => {
    requireServers();
    const readme = readFileSync(`${folder}/README.md`, 'utf8');
    const program = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
    const redis = await startRedis();
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: folder,
      env: { ...process.env, REDIS: redis.url },
    });
    expect(stdout).to.equal('written\na1 3\n');
  });
});
