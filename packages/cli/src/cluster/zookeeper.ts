import { formatDuration } from '@pulsekeeper/model';
import { isZkError, ZkSession, type ZkError, type ZkSessionOptions } from '@pulsekeeper/zk-session';

import { CliError, messageOf, usageError } from '../errors.ts';
import { redact } from '../redact.ts';
import type { Settings } from '../settings/load-settings.ts';
import { cliLogger } from './cli-logger.ts';

/**
 * Connects to ZooKeeper, runs `use` with the session and closes it, whatever happens.
 *
 * @throws CliError `Unreachable`, one line that says what was tried, when there is no connection within the connect
 * timeout or it is lost meanwhile; `NotFound` when the chroot does not exist: it is never created here; whatever `use` throws
 */
export async function withZooKeeper<T>(
  settings: Settings,
  signal: AbortSignal,
  use: (session: ZkSession) => Promise<T>,
): Promise<T> {
  // A mistyped chroot must not become a cluster without targets.
  const session = openSession(settings, { createChroot: false });
  try {
    await startIn(session, settings, signal);
    return await use(session);
  } catch (error) {
    throw isZkError(error) ? toCliError(error, settings) : error;
  } finally {
    await session.stop();
  }
}

async function startIn(session: ZkSession, settings: Settings, signal: AbortSignal): Promise<void> {
  try {
    await session.start({ signal });
  } catch (error) {
    if (!isZkError(error, 'NoNode')) {
      throw error;
    }
    const { zookeeper, sources } = settings;
    const chroot = zookeeper.slice(zookeeper.indexOf('/'));
    throw new CliError(
      'NotFound',
      `there is no ${chroot} in ZooKeeper at ${zookeeper} (from ${sources.zookeeper}): mistyped, or no collector has run there yet; the first one makes it`,
      { cause: error },
    );
  }
}

/**
 * A session by the settings, not yet started.
 *
 * @throws CliError `Usage`, with the source of the connect string, when it makes no sense
 */
export function openSession(settings: Settings, options: Pick<ZkSessionOptions, 'createChroot'>): ZkSession {
  try {
    return new ZkSession({
      connectString: settings.zookeeper,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      connectTimeoutMs: settings.connectTimeoutMs,
      operationTimeoutMs: settings.connectTimeoutMs,
      auth: authOf(settings.zookeeperAuth),
      acl: settings.zookeeperAcl,
      tls: settings.zookeeperTls,
      logger: cliLogger(settings.logLevel),
      ...options,
    });
  } catch (error) {
    if (isZkError(error)) {
      throw toCliError(error, settings);
    }
    throw error instanceof RangeError ? usageError(`ZooKeeper: ${error.message}`, error) : error;
  }
}

/** The error in words for the person at the terminal: what was tried, where that address came from, what to do. */
export function toCliError(error: ZkError, settings: Settings): CliError {
  const where = `ZooKeeper at ${settings.zookeeper} (from ${settings.sources.zookeeper})`;
  if (error.code === 'NoAuth') {
    return new CliError('Refused', `${where} does not allow it: ${messageOf(error)}; set PULSEKEEPER_ZOOKEEPER_AUTH`, {
      cause: error,
    });
  }
  if (error.code === 'InvalidConnectString') {
    return new CliError('Usage', `${settings.sources.zookeeper}: ${messageOf(error)}`, { cause: error });
  }
  if (error.retryable || error.code === 'AuthFailed') {
    const waited = formatDuration(settings.connectTimeoutMs);
    const hint = 'is it running there? --zookeeper or PULSEKEEPER_ZOOKEEPER says where it is';
    const message = `${where} could not be reached within ${waited}: ${messageOf(error)}; ${hint}`;
    return new CliError('Unreachable', redact(message), { cause: error });
  }
  return new CliError('Refused', `${where}: ${messageOf(error)}`, { cause: error });
}

function authOf(text: string | undefined): { readonly scheme: string; readonly credentials: string } | undefined {
  const colon = text?.indexOf(':') ?? -1;
  return text === undefined ? undefined : { scheme: text.slice(0, colon), credentials: text.slice(colon + 1) };
}
