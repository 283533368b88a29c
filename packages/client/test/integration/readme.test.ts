import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readCluster, ZkSession, type InstanceRecord } from '@pulsekeeper/registry';
import { eventually, registerCleanup, startZooKeeper, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import ts from 'typescript';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** The code of the README in its order: whole programs, or fragments that need imports. */
function blocks(kind: 'ts' | 'ts fragment'): string[] {
  const readme = readFileSync(`${PACKAGE}/README.md`, 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);
}

function programs(): string[] {
  return blocks('ts');
}

/** What the fragments take for granted. */
const PRELUDE = `
import { metricsHandler } from '@pulsekeeper/client';
import express from 'express';
import { fastify } from 'fastify';
import { register as metrics } from 'prom-client';
`;

describe('the programs of the README', function () {
  this.timeout(30_000);
  let server: ZooKeeperServer;
  let chroots = 0;
  let observer: ZkSession;
  let connectString: string;

  before(async () => {
    server = await startZooKeeper();
  });

  beforeEach(async () => {
    chroots += 1;
    connectString = `${server.connectString}/readme-${chroots}`;
    observer = new ZkSession({ connectString });
    registerCleanup({ name: 'observer', run: () => observer.stop() });
    await observer.start();
  });

  /** Runs a program as it stands, with the built packages, from the folder of this package. */
  function run(program: string): { child: ChildProcess; output: () => string; ended: Promise<unknown[]> } {
    const { outputText } = ts.transpileModule(program, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    const child = spawn(process.execPath, ['--input-type=module', '--eval', outputText], {
      cwd: PACKAGE,
      env: { ...process.env, PULSEKEEPER_ZOOKEEPER: connectString },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    registerCleanup({
      name: 'program of the README',
      run: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    return { child, output: () => output, ended };
  }

  async function instances(): Promise<InstanceRecord[]> {
    const found = (await readCluster(observer)).services.get('shop')?.instances.values() ?? [];
    return [...found].flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : []));
  }

  async function metricsOf({ address, path }: InstanceRecord): Promise<string> {
    return (await fetch(`http://${address.host}:${address.port}${path ?? '/metrics'}`)).text();
  }

  it('are three, a fragment and a line of CommonJS', () => {
    expect(programs()).to.have.length(3);
    expect(blocks('ts fragment')).to.have.length(1);
  });

  it('put the handler into Express and Fastify', async () => {
    const { ended } = run(`${PRELUDE}${blocks('ts fragment').join('\n')}`);
    expect(await ended).to.deep.equal([0, null]);
  });

  it('load the client from CommonJS', async () => {
    const [, line = ''] = /^From CommonJS: `(.+)`\.$/m.exec(readFileSync(`${PACKAGE}/README.md`, 'utf8')) ?? [];
    const child = spawn(
      process.execPath,
      ['--input-type=commonjs', '--eval', `${line} console.log(typeof register);`],
      {
        cwd: PACKAGE,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    expect(await once(child, 'close')).to.deep.equal([0, null]);
    expect(output).to.equal('function\n');
  });

  it('serve a registry on a port of its own, and withdraw on SIGTERM', async () => {
    const { child, output, ended } = run(programs()[0]!);
    const [instance] = await eventually(async () => {
      const found = await instances();
      expect(found).to.have.length(1);
      return found as [InstanceRecord];
    });
    expect(instance).to.deep.include({ intervalMs: 5000, labels: { team: 'checkout' } });
    expect(await metricsOf(instance)).to.match(/^orders_total \d+$/m);
    await eventually(() => expect(output()).to.match(/^shop\/.+:\d+ at .+:\d+ is registered$/m));
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([null, 'SIGTERM']);
    expect(await instances()).to.deep.equal([]);
  });

  it('serve metrics on a server of theirs, and end in order on SIGTERM', async () => {
    const { child, output, ended } = run(programs()[1]!);
    const [instance] = await eventually(async () => {
      const found = await instances();
      expect(found).to.have.length(1);
      return found as [InstanceRecord];
    });
    expect(await metricsOf(instance)).to.include('process_cpu_seconds_total');
    expect(await metricsOf({ ...instance, path: '/' })).to.equal('hello\n');
    // The registration stands before `register` has resolved and the program has gone on to listen for the signal.
    await eventually(() => expect(output()).to.include('SIGTERM withdraws it'));
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    expect(await instances()).to.deep.equal([]);
  });

  it('update, refuse what is wrong, and close', async () => {
    const { output, ended } = run(programs()[2]!);
    expect(await ended).to.deep.equal([0, null]);
    expect(output()).to.include('interval is "10 years"; allowed: a duration');
    expect(output()).to.include('registration is closed');
    expect(await instances()).to.deep.equal([]);
  });
});
