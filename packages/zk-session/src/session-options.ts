import { type AclOption, needsAuthentication } from './acl.ts';
import type { AuthInfo } from './auth.ts';
import { type ParsedConnectString, parseConnectString } from './connect-string.ts';
import { type SessionClock, systemSessionClock } from './session-clock.ts';
import { type SessionLogger, silentSessionLogger } from './session-logger.ts';
import type { ZkTlsOptions } from './socket-opener.ts';

/** How a `ZkSession` is set up. */
export interface ZkSessionOptions {
  /**
   * Servers and chroot: `h1:2181,h2:2181,[::1]:2181/pulsekeeper`. A host name may have several addresses. The
   * chroot is created when it is not there; all paths are relative to it, except those with two leading slashes, which
   * begin at the root of the server.
   */
  readonly connectString: string;
  /**
   * Whether a chroot that is not there is made. Without, `start` rejects with `NoNode`, so that a mistyped chroot is told
   * instead of looking like an empty one; a session that was connected before waits for it to come back.
   *
   * @defaultValue true
   */
  readonly createChroot?: boolean | undefined;
  /**
   * Session timeout T to ask for, in milliseconds; a server grants 2 to 20 of its ticks. Ephemerals outlive a
   * crash by about T. A silent link is noticed within 5T/12, so a shorter T means quicker moves and more
   * probes: one small write every T/6.
   *
   * @defaultValue 6000
   */
  readonly sessionTimeoutMs?: number | undefined;
  /**
   * How long `start` waits for the first connection, in milliseconds.
   *
   * @defaultValue 10000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long one operation may take, waiting for a connection included, in milliseconds; every call can set
   * its own.
   *
   * @defaultValue the session timeout
   */
  readonly operationTimeoutMs?: number | undefined;
  /**
   * Credentials, shown to every server before any operation.
   *
   * @defaultValue none
   */
  readonly auth?: AuthInfo | readonly AuthInfo[] | undefined;
  /**
   * Access control list of the znodes made by this session, the chroot included; `create` can set another.
   *
   * @defaultValue 'open'
   */
  readonly acl?: AclOption | undefined;
  /**
   * TLS to the servers.
   *
   * @defaultValue plain TCP
   */
  readonly tls?: ZkTlsOptions | undefined;
  /**
   * The servers' `jute.maxbuffer` in bytes: larger requests are refused here, since a server answers them by
   * closing the connection.
   *
   * @defaultValue 1048575
   */
  readonly maxRequestBytes?: number | undefined;
  /**
   * True lets the process exit while the session lives. The session's znodes then stand until T is over.
   *
   * @defaultValue false
   */
  readonly unref?: boolean | undefined;
  /** @defaultValue silent */
  readonly logger?: SessionLogger | undefined;
  /** @defaultValue the system's clocks */
  readonly clock?: SessionClock | undefined;
  /** Source of jitter, uniform in [0, 1). @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
}

/** What a session does when its options leave it open. */
export const DEFAULT_ZK_SESSION_OPTIONS = {
  createChroot: true,
  sessionTimeoutMs: 6000,
  connectTimeoutMs: 10_000,
  auth: [],
  acl: 'open',
  tls: undefined,
  maxRequestBytes: 1_048_575,
  unref: false,
  logger: silentSessionLogger,
  clock: systemSessionClock,
  random: Math.random,
} as const satisfies Partial<ZkSessionOptions>;

/** {@link ZkSessionOptions} with every default filled in and everything checked. */
export interface NormalizedSessionOptions extends ParsedConnectString {
  readonly createChroot: boolean;
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly operationTimeoutMs: number;
  readonly auth: readonly AuthInfo[];
  readonly acl: AclOption;
  readonly tls: ZkTlsOptions | undefined;
  readonly maxRequestBytes: number;
  readonly unref: boolean;
  readonly logger: SessionLogger;
  readonly clock: SessionClock;
  readonly random: () => number;
}

/**
 * Fills in defaults and refuses what cannot work.
 *
 * @throws {@link ZkError} `InvalidConnectString`; RangeError for a time or size that is not positive; TypeError
 * for an ACL that names the creator while nothing says who that is.
 */
export function normalizeSessionOptions(options: ZkSessionOptions): NormalizedSessionOptions {
  const defaults = DEFAULT_ZK_SESSION_OPTIONS;
  const sessionTimeoutMs = positive('sessionTimeoutMs', options.sessionTimeoutMs ?? defaults.sessionTimeoutMs);
  const auth = options.auth === undefined ? defaults.auth : [options.auth].flat();
  const acl = options.acl ?? defaults.acl;
  if (needsAuthentication(acl) && auth.length === 0 && options.tls?.cert === undefined) {
    throw new TypeError(`acl ${JSON.stringify(acl)} needs auth or a client certificate, and neither is given`);
  }
  return {
    ...parseConnectString(options.connectString),
    createChroot: options.createChroot ?? defaults.createChroot,
    sessionTimeoutMs,
    connectTimeoutMs: positive('connectTimeoutMs', options.connectTimeoutMs ?? defaults.connectTimeoutMs),
    operationTimeoutMs: positive('operationTimeoutMs', options.operationTimeoutMs ?? sessionTimeoutMs),
    auth,
    acl,
    tls: options.tls,
    maxRequestBytes: positive('maxRequestBytes', options.maxRequestBytes ?? defaults.maxRequestBytes),
    unref: options.unref ?? defaults.unref,
    logger: (options.logger ?? defaults.logger).child({ component: 'zk-session' }),
    clock: options.clock ?? defaults.clock,
    random: options.random ?? defaults.random,
  };
}

function positive(name: string, value: number): number {
  // Above 2^31 − 1 milliseconds a timer fires at once, and the wire has 32 bits for the session timeout.
  if (value >= 1 && value <= 0x7fff_ffff) return value;
  throw new RangeError(`${name} must be between 1 and 2147483647, and is ${value}`);
}
