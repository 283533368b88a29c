import {
  spawn,
  type ChildProcess,
  type ChildProcessByStdio,
  type SpawnOptionsWithStdioTuple,
  type StdioNull,
  type StdioPipe,
} from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { targetId } from '@pulsekeeper/model';
import { eventually, freePort, registerCleanup, TcpProxy } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { TargetState } from '../../src/engine/target-state.ts';
import { ledgerId, SmallCluster, startServers, type Servers } from './small-cluster.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/pulsekeeper-collector.js');

/** The program, run as a user runs it. */
interface Run {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  return follow(spawn(process.execPath, [PROGRAM, ...args], spawnOptions(env)));
}

function spawnOptions(
  env: Readonly<Record<string, string>>,
): SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe> {
  return {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  };
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>): Run {
  registerCleanup({ name: 'collector program', run: () => Promise.resolve(void child.kill('SIGKILL')) });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { process: child, ended };
}

/** Runs the program as a shell with that limit does. */
function runWithin(maxOpenFiles: number, env: Readonly<Record<string, string>> = {}): Run {
  const command = `ulimit -n ${maxOpenFiles}; exec "$0" "$@"`;
  return follow(spawn('sh', ['-c', command, process.execPath, PROGRAM], spawnOptions(env)));
}

describe('pulsekeeper-collector', function () {
  this.timeout(30_000);

  describe('without servers', () => {
    it('prints its help and its version', async () => {
      const help = await run(['--help']).ended;
      expect(help).to.include({ code: 0, stderr: '' });
      expect(help.stdout).to.contain('PULSEKEEPER_ZOOKEEPER');
      expect((await run(['--version']).ended).stdout).to.match(/^\d+\.\d+\.\d+/);
    });

    it('prints its settings without credentials', async () => {
      const { code, stdout } = await run(['--print-config'], { PULSEKEEPER_REDIS: 'redis://:secret@h:1' }).ended;
      expect(code).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ redis: 'redis://***@h:1', retention: '24h' });
    });

    it('says in one line which setting is wrong, and exits with 2', async () => {
      const { code, stderr } = await run([], { PULSEKEEPER_RETENTION: 'long' }).ended;
      expect(code).to.equal(2);
      expect(stderr).to.match(/^pulsekeeper-collector: PULSEKEEPER_RETENTION: retention is "long"; [^\n]+\n$/);
      expect((await run(['--nonsense']).ended).code).to.equal(2);
    });

    it('says in one line that ZooKeeper cannot be reached, and exits with 3', async () => {
      const port = await freePort();
      const { code, stderr } = await run([], {
        PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${port}/x`,
        PULSEKEEPER_START_TIMEOUT: '500ms',
      }).ended;
      expect(code, stderr).to.equal(3);
      expect(stderr).to.match(/^pulsekeeper-collector: [^\n]+\n$/);
      expect(stderr).to.match(new RegExp(`ZooKeeper at 127.0.0.1:${port}/x: [^;]*ECONNREFUSED`));
    });
  });

  describe('where few files may be open', () => {
    // Node 20 opens too many modules at once for that, Node 24 does not.
    it('starts, or says in one line that they are too few', async () => {
      const { code, stderr } = await runWithin(64, {
        PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${await freePort()}/x`,
        PULSEKEEPER_START_TIMEOUT: '500ms',
      }).ended;
      expect(stderr).to.match(
        code === 1
          ? /^pulsekeeper-collector: only 64 files may be open at once, [^\n]+\n$/
          : /^pulsekeeper-collector: not started within 500 ms: [^\n]+\n$/,
      );
      expect(code, stderr).to.be.oneOf([1, 3]);
    });
  });

  describe('with servers', () => {
    let servers: Servers;
    let cluster: SmallCluster;

    before(async () => {
      servers = await startServers(4);
      cluster = await SmallCluster.start(servers);
    });

    after(() => cluster.stop());

    function environment(id: string, port: number): Record<string, string> {
      return {
        PULSEKEEPER_COLLECTOR_ID: id,
        PULSEKEEPER_ZOOKEEPER: cluster.connectString,
        PULSEKEEPER_REDIS: servers.redis.url,
        PULSEKEEPER_KEY_PREFIX: cluster.keyPrefix,
        PULSEKEEPER_SESSION_TIMEOUT: '2s',
        PULSEKEEPER_LISTEN: `127.0.0.1:${port}`,
      };
    }

    it('scrapes more targets at once than it may open files, with its own pages answering', async () => {
      const crowd = await SmallCluster.start(servers);
      const { address, path } = servers.ledger.targets[3] ?? { address: '', path: '' };
      const instances = Array.from({ length: 250 }, (_, index) => String(index));
      const rule = { address, path, interval: '2s', timeout: '1900ms', retries: 0 };
      await Promise.all(instances.map((instance) => crowd.register('many', instance, rule)));
      const port = await freePort();
      const { process: child, ended } = runWithin(200, {
        PULSEKEEPER_COLLECTOR_ID: 'few-files',
        PULSEKEEPER_ZOOKEEPER: crowd.connectString,
        PULSEKEEPER_REDIS: servers.redis.url,
        PULSEKEEPER_KEY_PREFIX: crowd.keyPrefix,
        PULSEKEEPER_LISTEN: `127.0.0.1:${port}`,
      });
      await eventually(
        async () => {
          const page = (await (await fetch(`http://127.0.0.1:${port}/targets`)).json()) as { targets: TargetState[] };
          const states = page.targets.filter(({ target }) => target.startsWith('many/'));
          expect(states).to.have.lengthOf(instances.length);
          for (const { target, slots } of states) expect(slots.written, target).to.be.at.least(1);
        },
        { timeoutMs: 20_000 },
      );
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(metrics).not.to.contain('reason="too_many_open_files"');
      child.kill('SIGTERM');
      expect((await ended).code).to.equal(0);
      await crowd.stop();
    });

    it('says in one line that Redis cannot be reached, and exits with 3', async () => {
      const port = await freePort();
      const { code, stderr } = await run([], {
        ...environment('lost', await freePort()),
        PULSEKEEPER_REDIS: `redis://:secret@127.0.0.1:${port}`,
        PULSEKEEPER_START_TIMEOUT: '1s',
      }).ended;
      expect(code, stderr).to.equal(3);
      expect(stderr).to.match(/^pulsekeeper-collector: [^\n]+\n$/);
      expect(stderr).not.to.contain('secret');
      expect(stderr).to.match(new RegExp(`Redis at [^ ]*:${port}[^;]*ECONNREFUSED`));
    });

    it('leaves on SIGTERM with everything written and nothing left behind', async () => {
      await cluster.registerLedger(0);
      await cluster.registerLedger(1);
      const port = await freePort();
      const { process: child, ended } = run([], environment('p1', port));
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/-/ready`)).status).to.equal(200), {
        timeoutMs: 10_000,
      });
      await eventually(async () => expect((await servers.ledger.page(0)).served).to.be.at.least(3));
      child.kill('SIGTERM');
      const { code, stdout, stderr } = await ended;
      expect(code).to.equal(0);
      expect(stderr).to.equal('');
      for (const index of [0, 1]) {
        const { entries } = await servers.ledger.page(index);
        expect(await cluster.slots(ledgerId(index))).to.have.lengthOf(entries.length);
      }
      expect((await cluster.session.getChildren('/collectors')).children).to.deep.equal([]);
      expect((await cluster.session.getChildren('/services/pulsekeeper-collector')).children).to.deep.equal([]);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string; level: number });
      expect(lines.map(({ msg }) => msg)).to.include.members([
        'listening',
        'announced',
        'started',
        'told to leave',
        'stopped',
      ]);
      expect(lines.filter(({ level }) => level >= 40)).to.deep.equal([]);
    });

    it('saves on SIGTERM what Redis does not take, and writes it at its next start', async () => {
      const proxy = await TcpProxy.start({ target: { port: servers.redis.port } });
      const spillFolder = await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-'));
      const { address, path } = servers.ledger.targets[2]!;
      const rule = { address, path, interval: '500ms', timeout: '400ms', retries: 0 };
      const registration = await cluster.register('spill', '0', rule);
      const env = {
        ...environment('spiller', 0),
        PULSEKEEPER_REDIS: `redis://${proxy.address}`,
        PULSEKEEPER_STORE_SPILL_PATH: join(spillFolder, 'frames'),
        PULSEKEEPER_HANDOVER: '600ms',
        PULSEKEEPER_DRAIN_TIMEOUT: '1s',
      };
      const served = async (): Promise<number> => (await servers.ledger.page(2)).served;
      const first = run([], env);
      await eventually(async () => expect(await served()).to.be.at.least(2), { timeoutMs: 10_000 });
      await proxy.cut();
      const atCut = await served();
      await eventually(async () => expect(await served()).to.be.at.least(atCut + 3), { timeoutMs: 10_000 });
      first.process.kill('SIGTERM');
      const { code, stderr } = await first.ended;
      expect(code, stderr).to.equal(0);
      expect(await readdir(spillFolder)).to.deep.equal(['frames']);
      // Without retries each request was for a slot of its own; none of these may be missing in the end.
      await registration.close();
      await proxy.resume();
      const second = run([], env);
      await eventually(async () => expect(await readdir(spillFolder)).to.deep.equal([]), { timeoutMs: 10_000 });
      second.process.kill('SIGTERM');
      expect((await second.ended).code).to.equal(0);
      const stored = await cluster.slots(targetId('spill', '0'));
      expect(stored.filter(({ kind }) => kind !== 'end')).to.have.lengthOf(await served());
      await proxy.stop();
    });

    it('ends at once when told twice', async () => {
      const port = await freePort();
      const other = await cluster.startCollector('stays');
      const { process: child, ended } = run([], { ...environment('p2', port), PULSEKEEPER_HANDOVER: '20s' });
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/-/ready`)).status).to.equal(200), {
        timeoutMs: 10_000,
      });
      child.kill('SIGTERM');
      await eventually(async () => {
        const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { state: string };
        expect(status.state).to.equal('draining');
      });
      child.kill('SIGINT');
      expect((await ended).code).to.equal(1);
      await other.stop();
    });

    it('refuses a name that another collector holds, and exits with 1', async () => {
      const other = await cluster.startCollector('taken');
      const { code, stderr } = await run([], {
        ...environment('taken', await freePort()),
        PULSEKEEPER_START_TIMEOUT: '1s',
      }).ended;
      expect(code, stderr).to.equal(1);
      expect(stderr).to.match(/^pulsekeeper-collector: [^\n]*already registered[^\n]*\n$/);
      await other.stop();
    });
  });
});
