/*
 * Run by stop.test.ts as a process of its own: for each scenario, brings a session into a state, stops it there, and
 * prints what is left. It does not call `process.exit`: whether it ends by itself is what is tested.
 *
 *   node --import tsx stopping-program.ts SCENARIO=CONNECT_STRING…
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { watchHeldResources } from '@pulsekeeper/test-support';

import { ZkSession } from '../../src/index.ts';

const heldSince = watchHeldResources();

async function until(session: ZkSession, kind: string): Promise<void> {
  for await (const state of session.states()) if (state.kind === kind) return;
}

/** A proxy in this process that can go silent. */
async function silencingProxy(
  connectString: string,
): Promise<{ address: string; silence: () => void; end: () => Promise<void> }> {
  const sockets: Socket[] = [];
  let isSilent = false;
  const port = Number(connectString.split(':')[1]);
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(
      client.on('error', () => undefined),
      upstream.on('error', () => undefined),
    );
    if (!isSilent) client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    end: async () => {
      const closed = [server.close(), ...sockets.filter((socket) => !socket.closed)].map((part) => once(part, 'close'));
      sockets.forEach((socket) => socket.destroy());
      await Promise.all(closed);
    },
  };
}

async function run(scenario: string, connectString: string): Promise<void> {
  const isSilenced = ['stalled', 'suspended', 'lost'].includes(scenario);
  const proxy = isSilenced ? await silencingProxy(connectString) : undefined;
  const session = new ZkSession({
    connectString: proxy?.address ?? connectString,
    sessionTimeoutMs: 2000,
    connectTimeoutMs: 300,
    unref: scenario === 'unref',
  });
  session.addSetup(async ({ signal }) => {
    await session.exists('/', { signal, watch: () => undefined });
  });
  if (scenario === 'never-started') {
    // Nothing.
  } else if (scenario === 'connecting' || scenario === 'start-and-stop') {
    await session.start({ waitForConnection: false });
  } else {
    await session.start().catch(() => undefined);
  }
  if (scenario === 'stalled' || scenario === 'suspended' || scenario === 'lost') {
    proxy?.silence();
    if (scenario !== 'stalled') await until(session, scenario);
    void session.getData('/').catch(() => undefined);
    void session.create('/never', new Uint8Array()).catch(() => undefined);
  }
  if (scenario === 'connecting') await new Promise((resolve) => setTimeout(resolve, 200));
  // Keeps nothing alive; the process ends with the session still there.
  if (scenario === 'unref') {
    console.log(`${scenario}: stopped after 0 ms, left: `);
    return;
  }
  const before = performance.now();
  await session.stop();
  const stopMs = Math.round(performance.now() - before);
  await proxy?.end();
  console.log(`${scenario}: stopped after ${stopMs} ms, left: ${(await heldSince()).join(' ')}`);
}

for (const argument of process.argv.slice(2)) {
  const [scenario = '', connectString = ''] = argument.split('=', 2);
  await run(scenario, connectString);
}
