import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { eventually, registerCleanup } from '@pulsekeeper/test-support';

import { type SessionState, ZkError, ZkSession, type ZkSessionOptions } from '../../src/index.ts';

/** A session that is stopped after the test, not started. */
export function makeSession(options: ZkSessionOptions): ZkSession {
  const session = new ZkSession(options);
  registerCleanup({ name: 'session', run: () => session.stop() });
  return session;
}

/** A connected session that is stopped after the test. */
export async function startSession(options: ZkSessionOptions): Promise<ZkSession> {
  const session = makeSession(options);
  await session.start();
  return session;
}

/** Drops a bare connection after the test, however that ends. */
export function abandonAfterTest(connection: { abandon(): void }): void {
  const run = (): Promise<void> => {
    connection.abandon();
    return Promise.resolve();
  };
  registerCleanup({ name: 'connection', run });
}

/** One state with the monotonic time at which it began. */
export interface RecordedState {
  readonly kind: SessionState['kind'];
  readonly atMs: number;
  readonly state: SessionState;
}

/** Records every state that follows. */
export function recordStates(session: ZkSession): RecordedState[] {
  const states: RecordedState[] = [];
  session.on('state', (state) => states.push({ kind: state.kind, atMs: performance.now(), state }));
  return states;
}

/** Waits until a state has been recorded; for states that may have passed by the time one waits for them. */
export async function untilRecorded(
  states: readonly RecordedState[],
  isMeant: (recorded: RecordedState) => boolean,
): Promise<RecordedState> {
  return eventually(
    () => {
      const found = states.find(isMeant);
      if (found === undefined) throw new Error(`only ${states.map(({ kind }) => kind).join(', ')}`);
      return found;
    },
    { timeoutMs: 10_000 },
  );
}

/** Waits until the session is in a state; resolves with the time. */
export async function untilState(session: ZkSession, kind: SessionState['kind'], timeoutMs = 10_000): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  for await (const state of session.states({ signal })) {
    if (state.kind === kind) return performance.now();
  }
  throw new Error(`the session did not get ${kind} within ${timeoutMs} ms, it is ${session.state.kind}`);
}

/** `resolved`, or the code that a promise was rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof ZkError ? error.code : String(error)),
  );
}

/** A chroot of its own for each call. */
export function newChroot(): string {
  chroots += 1;
  return `/test-${process.pid}-${chroots}`;
}
let chroots = 0;

/** A server that accepts connections and never says a word. */
export async function startSilentServer(host = '127.0.0.1'): Promise<{ port: number; accepted: () => number }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket.on('error', () => undefined));
  });
  await once(server.listen(0, host), 'listening');
  registerCleanup({
    name: 'silent server',
    run: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { port: (server.address() as AddressInfo).port, accepted: () => accepted };
}

/** Waits until a node is gone for `observer`; resolves with the time. */
export async function untilGone(observer: ZkSession, path: string, timeoutMs = 10_000): Promise<number> {
  await eventually(async () => (await observer.exists(path)) === undefined, { timeoutMs, intervalMs: 10 });
  return performance.now();
}
