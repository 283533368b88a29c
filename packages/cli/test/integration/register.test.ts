import { createServer } from 'node:http';

import { parseInstance } from '@pulsekeeper/model';
import { eventually, findExecutable, freePort, registerCleanup } from '@pulsekeeper/test-support';
import { isZkError, type ZkSession } from '@pulsekeeper/zk-session';
import { expect } from 'chai';

import { keepRegistered } from '../../src/sidecar/keep-registered.ts';
import type { SidecarEvent } from '../../src/sidecar/sidecar-event.ts';
import { expectJson } from '../support/json-schema.ts';
import { runBinary, startBinary, type RunningBinary } from '../support/run-binary.ts';
import { openSession, useZooKeeper } from '../support/sessions.ts';

/** A service of some other language: listens after a while, exits with 7 on SIGTERM. */
const SERVICE = `
  const port = Number(process.argv[1]);
  const server = require('node:http').createServer((request, response) => response.end('up_since 1\\n'));
  setTimeout(() => server.listen(port, '127.0.0.1'), 300);
  process.on('SIGTERM', () => process.exit(7));
`;

/** As little of a service as Python's own library makes. */
const PYTHON_SERVICE = `
import http.server, sys
class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'requests_total 42\\n'
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Metrics).serve_forever()
`;

describe('pulsekeeper register', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let zookeeper: string;
  let session: ZkSession;

  beforeEach(async () => {
    zookeeper = zooKeeper.freshCluster();
    session = await openSession(zookeeper);
  });

  function start(...args: readonly string[]): RunningBinary {
    return startBinary(['register', ...args], { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
  }
  async function registered(target: string): Promise<Record<string, unknown> | undefined> {
    try {
      const { data } = await session.getData(`/services/${target}`);
      const parsed = parseInstance(data);
      return parsed.ok ? { ...parsed.value } : undefined;
    } catch (error) {
      expect(isZkError(error, 'NoNode')).to.equal(true);
      return undefined;
    }
  }
  async function listen(port: number): Promise<() => Promise<void>> {
    const server = createServer((_request, response) => response.end('x 1\n'));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
    registerCleanup({ name: 'metrics server', run: close });
    return close;
  }

  it('registers a command once its metrics answer, and withdraws it when it ends', async () => {
    const port = await freePort();
    const options = [
      '--service',
      'db',
      '--instance',
      'primary',
      '--port',
      String(port),
      '--interval',
      '5s',
      '--label',
      'team=a',
    ];
    const running = start(...options, '--', process.execPath, '-e', SERVICE, String(port));
    await eventually(async () => expect(await registered('db/primary')).not.to.equal(undefined));
    expect(await registered('db/primary')).to.deep.include({
      address: { host: '127.0.0.1', port },
      intervalMs: 5000,
      labels: Object.assign(Object.create(null) as object, { team: 'a' }),
    });
    running.child.kill('SIGTERM');
    expect((await running.ended).code).to.equal(7);
    expect(await registered('db/primary')).to.equal(undefined);
  });

  it('exits as the command does, also when that never listens', async () => {
    const port = String(await freePort());
    expect((await start('--service', 'db', '--port', port, '--', 'sh', '-c', 'exit 42').ended).code).to.equal(42);
    expect((await start('--service', 'db', '--port', port, '--', 'sh', '-c', 'kill -9 $$').ended).code).to.equal(137);
    const missing = await start('--service', 'db', '--port', port, '--', '/no/such/command').ended;
    expect(missing.code).to.equal(127);
    expect(missing.err).to.contain('/no/such/command cannot be started');
  });

  it('hands the command the signals that it gets', async () => {
    const program = `
      for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) process.on(name, () => console.log(name));
      process.on('SIGTERM', () => process.exit(9));
      setInterval(() => undefined, 1000);
      console.log('ready');
    `;
    const port = String(await freePort());
    const running = start('--service', 'db', '--port', port, '--', process.execPath, '-e', program);
    const lines = (): string[] => running.text().out.trim().split('\n');
    await eventually(() => expect(lines()).to.deep.equal(['ready']), { timeoutMs: 10_000 });
    for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
      running.child.kill(name);
      await eventually(() => expect(lines().at(-1)).to.equal(name));
    }
    running.child.kill('SIGTERM');
    const { code, out } = await running.ended;
    expect(code).to.equal(9);
    expect(out).to.equal('ready\nSIGINT\nSIGHUP\nSIGQUIT\nSIGUSR2\n');
  });

  it('runs the command while ZooKeeper is away', async () => {
    const env = { PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${await freePort()}/x` };
    const args = ['register', '--service', 'db', '--port', '1', '--', 'sh', '-c', 'echo it runs; exit 3'];
    const { code, out } = await runBinary(args, { env });
    expect(out).to.equal('it runs\n');
    expect(code).to.equal(3);
  });

  it('registers a port without a command once it answers, until it is interrupted', async () => {
    const port = await freePort();
    const running = start('--service', 'node', '--instance', 'box', '--port', String(port));
    await eventually(() => expect(running.text().err).to.match(/node\/box is registered once it answers at http:/));
    expect(await registered('node/box')).to.equal(undefined);
    await listen(port);
    await eventually(async () => expect(await registered('node/box')).not.to.equal(undefined));
    running.child.kill('SIGINT');
    expect((await running.ended).code).to.equal(0);
    expect(await registered('node/box')).to.equal(undefined);
  });

  it('withdraws while the probe fails, and comes back', async () => {
    const port = await freePort();
    const close = await listen(port);
    const address = `127.0.0.1:${port}`;
    const target = 'node/box';
    const running = start('--service', 'node', '--instance', 'box', '--address', address, '--probe', '100ms', '--json');
    const events = (text: string): object[] =>
      text.split('\n').flatMap((line) => (line === '' ? [] : [expectJson(line, 'register') as object]));
    // Each line is told after what it tells of: what is registered, or no more, is seen by everybody then.
    const told = (event: string, count: number): Promise<unknown> =>
      eventually(() => expect(running.text().out.split(`"event":"${event}"`)).to.have.length(count + 1));
    await told('registered', 1);
    expect(await registered(target)).not.to.equal(undefined);
    await close();
    await told('waiting', 1);
    expect(await registered(target)).to.equal(undefined);
    await listen(port);
    await told('registered', 2);
    expect(await registered(target)).not.to.equal(undefined);
    running.child.kill('SIGTERM');
    const { code, out } = await running.ended;
    expect(code).to.equal(0);
    expect(events(out).map(({ at: _at, ...event }: any) => event)).to.deep.equal([
      { event: 'registered', target, address },
      { event: 'withdrawn', target, reason: 'unanswered' },
      { event: 'waiting', target, urls: [`http://${address}/metrics`] },
      { event: 'registered', target, address },
      { event: 'withdrawn', target, reason: 'ended' },
    ]);
    expect(await registered(target)).to.equal(undefined);
  });

  it('registers an address that it is not to probe at once, whether it answers from here or not', async () => {
    const running = start('--service', 'node', '--instance', 'far', '--address', '10.255.255.1:9100');
    await eventually(async () => expect(await registered('node/far')).not.to.equal(undefined));
    running.child.kill('SIGTERM');
    expect((await running.ended).code).to.equal(0);
    expect(await registered('node/far')).to.equal(undefined);
  });

  it('does not take --json for a command, whose output it would be', async () => {
    const { code, out, err } = await start('--service', 'db', '--port', '1', '--json', '--', 'echo', 'ran').ended;
    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.match(/--json goes without a command/);
  });

  it('ends with the reason when its session is closed for good', async () => {
    const ending = await openSession(zookeeper);
    const told: SidecarEvent[] = [];
    const kept = keepRegistered({
      session: ending,
      request: { service: 'node', instance: 'box', addresses: ['127.0.0.1:1'], scrape: {} },
      plan: { addresses: ['127.0.0.1:1'], scheme: 'http', path: '/metrics' },
      isAddressTrusted: true,
      probeEveryMs: undefined,
      nameTakenGraceMs: 0,
      tell: (event) => told.push(event),
      signal: AbortSignal.timeout(15_000),
    }).catch((error: unknown) => error);
    await eventually(() => expect(told.map(({ event }) => event)).to.deep.equal(['registered']));
    await ending.stop();
    expect(await kept).to.include({ code: 'Closed' });
  });

  /** What a program answers, once it is registered as `app/one`. */
  async function servedBy(...command: readonly string[]): Promise<{ body: string; running: RunningBinary }> {
    const port = await freePort();
    const args = command.map((part) => part.replace('PORT', String(port)));
    const running = start('--service', 'app', '--instance', 'one', '--port', String(port), '--', ...args);
    const { address } = await eventually(
      async () => {
        const found = await registered('app/one');
        if (found === undefined) throw new Error(`app/one is not registered: ${running.text().err}`);
        return found as { address: { host: string; port: number } };
      },
      { timeoutMs: 15_000 },
    );
    const response = await fetch(`http://${address.host}:${address.port}/metrics`);
    return { body: await response.text(), running };
  }

  it('registers a program in Python', async function () {
    const python = findExecutable('python3');
    if (python === undefined) this.skip();
    const { body, running } = await servedBy(python, '-c', PYTHON_SERVICE, 'PORT');
    expect(body).to.equal('requests_total 42\n');
    running.child.kill('SIGTERM');
    expect((await running.ended).code, 'as a shell says it').to.equal(128 + 15);
    expect(await registered('app/one')).to.equal(undefined);
  });

  it("registers Debian's node exporter", async function () {
    const exporter = findExecutable('prometheus-node-exporter');
    if (exporter === undefined) this.skip();
    const { body, running } = await servedBy(exporter, '--web.listen-address=127.0.0.1:PORT');
    expect(body).to.match(/^node_exporter_build_info\{/m);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(await registered('app/one')).to.equal(undefined);
  });

  it('gives up when somebody else holds the name', async () => {
    const port = await freePort();
    await listen(port);
    const held = { address: '127.0.0.1:1', instance_key: 'elsewhere/1/abc' };
    await session.ensurePath('/services/node');
    await session.create('/services/node/box', new TextEncoder().encode(JSON.stringify(held)), { ephemeral: true });
    const args = [
      'register',
      '--service',
      'node',
      '--instance',
      'box',
      '--port',
      String(port),
      '--session-timeout',
      '1s',
    ];
    const { code, err } = await runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
    expect(err).to.match(/already registered by elsewhere\/1\/abc/);
    expect(code).to.equal(1);
  });

  it('refuses wrong options before it runs anything', async () => {
    const { code, out } = await start('--service', 'db', '--port', '1', '--interval', '0', '--', 'echo', 'ran').ended;
    expect(code).to.equal(2);
    expect(out).to.equal('');
  });

  it('does not start the command when the connect string makes no sense', async () => {
    const port = await freePort();
    const args = ['--service', 'db', '--port', String(port), '--', process.execPath, '-e', SERVICE, String(port)];
    for (const wrong of ['h:1/a/../b', '[1.2]:1/x', '[::::]:2181/x']) {
      const outcome = await runBinary(['register', ...args], { env: { PULSEKEEPER_ZOOKEEPER: wrong } });
      expect(outcome.code).to.equal(2);
      expect(outcome.err).to.match(/^pulsekeeper: PULSEKEEPER_ZOOKEEPER: zookeeper is "[^\n]+ --help'\n$/);
    }
    await listen(port).then((close) => close());
  });
});
