/**
 * How long a session needs to get over a frozen member, a dropped link, an expiry and wiped servers.
 *
 *   npm run bench -- faults [ROUNDS]
 *
 * Real servers on this machine with a tick of 500 ms. On a loaded machine the figures say more about the load.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { ExpiringProxy, startEnsemble, startZooKeeper, TcpProxy } from '@pulsekeeper/test-support';

import { ZkSession } from '../src/index.ts';
import { untilState } from '../test/integration/session-harness.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const EMPTY = new Uint8Array();

function print(name: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.map(Math.round).toSorted((left, right) => left - right);
  process.stdout.write(`${name.padEnd(60)} ${sorted.join(' ')} ms\n`);
}

/** Spreads the faults over the time between two probes of a session with T = 4 s. */
async function partOfInterval(round: number): Promise<void> {
  await delay((round / ROUNDS) * (4000 / 6));
}

async function rounds(run: (round: number) => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) results.push(await run(round));
  return results;
}

async function started(connectString: string, sessionTimeoutMs: number, random?: () => number): Promise<ZkSession> {
  const session = new ZkSession({ connectString, sessionTimeoutMs, random });
  await session.start();
  return session;
}

async function frozenFollower(): Promise<void> {
  await using ensemble = await startEnsemble(3);
  const results = await rounds(async (round) => {
    // A frozen leader costs the ensemble an election first, which says nothing about the session.
    const member = await ensemble.follower();
    let turn = 0;
    const random = (): number => (turn++ === ensemble.servers.indexOf(member) ? 0 : 0.5);
    await using session = await started(ensemble.connectString, 4000, random);
    await partOfInterval(round);
    const frozenAtMs = performance.now();
    member.freeze();
    await untilState(session, 'suspended');
    const movedAtMs = await untilState(session, 'connected');
    member.thaw();
    if (session.state.kind !== 'connected' || session.state.generation !== 1) throw new Error('lost its session');
    return movedAtMs - frozenAtMs;
  });
  print('follower frozen → same session on another, T = 4 s', results);
}

async function droppedLink(): Promise<void> {
  await using server = await startZooKeeper();
  await using observer = await started(server.connectString, 4000);
  const ahead: number[] = [];
  const results = await rounds(async (round) => {
    await using proxy = await TcpProxy.start({ target: { port: server.port } });
    await using session = await started(proxy.address, 4000);
    await session.create('/e', EMPTY, { ephemeral: true });
    const removed = new Promise<number>((resolve) => {
      void observer.exists('/e', { watch: () => resolve(performance.now()) });
    });
    await partOfInterval(round);
    const droppedAtMs = performance.now();
    proxy.stall('both');
    const lostAtMs = await untilState(session, 'lost');
    ahead.push((await removed) - lostAtMs);
    return lostAtMs - droppedAtMs;
  });
  print('both directions dropped → lost, T = 4 s', results);
  print('… so long before the server removed the ephemeral', ahead);
}

async function expired(): Promise<void> {
  await using server = await startZooKeeper();
  const results = await rounds(async () => {
    const proxy = await ExpiringProxy.start(server.port);
    await using session = await started(`127.0.0.1:${proxy.port}`, 4000);
    let madeAtMs = 0;
    session.addSetup(async ({ generation }) => {
      await session.create('/e', EMPTY, { ephemeral: true });
      if (generation === 2) madeAtMs = performance.now();
    });
    await session.whenConnected();
    const expiredAtMs = performance.now();
    await Promise.all([proxy.expireSession(), untilState(session, 'lost')]);
    while (madeAtMs === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return madeAtMs - expiredAtMs;
  });
  print('session expired → ephemeral in a new session', results);
}

async function wiped(): Promise<void> {
  await using server = await startZooKeeper();
  await using session = await started(server.connectString, 4000);
  for (let index = 0; index < 100; index += 1) await session.create(`/n${index}`, EMPTY);
  const results = await rounds(async () => {
    const lost = untilState(session, 'lost', 30_000);
    await server.restart({ wipe: true });
    const backAtMs = performance.now();
    await lost;
    return (await untilState(session, 'connected')) - backAtMs;
  });
  print('server back with its data wiped → new session, T = 4 s', results);
}

await frozenFollower();
await droppedLink();
await expired();
await wiped();
process.exit();
