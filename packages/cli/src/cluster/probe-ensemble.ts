import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { signalWithin } from '@pulsekeeper/model';
import { formatServerAddress, parseConnectString, type ServerAddress } from '@pulsekeeper/zk-session';

import { messageOf } from '../errors.ts';
import { readServerAnswer, silentServer, type EnsembleServer } from '../views/ensemble.ts';

/** A server that is well answers within a few milliseconds; nobody waits longer than this for one that is not. */
const PROBE_TIMEOUT_MS = 1000;

/**
 * Asks every server of a connect string, all at once, what it is, by the four-letter word `srvr` over plain TCP. Takes at
 * most a second; a server that does not answer is an answer, so this rejects only with the signal's reason.
 */
export async function probeEnsemble(
  connectString: string,
  signal: AbortSignal,
  timeoutMs = PROBE_TIMEOUT_MS,
): Promise<EnsembleServer[]> {
  const { servers } = parseConnectString(connectString);
  return Promise.all(servers.map((server) => probeServer(server, signal, timeoutMs)));
}

async function probeServer(address: ServerAddress, signal: AbortSignal, timeoutMs: number): Promise<EnsembleServer> {
  const name = formatServerAddress(address);
  const startedMs = performance.now();
  const within = signalWithin(timeoutMs, signal);
  const socket = connect({ ...address, signal: within });
  try {
    // Not ended: a server may take that for the end of the connection, and not answer any more.
    socket.write('srvr');
    const answer = await text(socket);
    return readServerAnswer(name, answer, (performance.now() - startedMs) / 1000);
  } catch (error) {
    signal.throwIfAborted();
    return silentServer(name, within.aborted ? `no answer within ${timeoutMs}ms` : reasonOf(error));
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : messageOf(error);
}
