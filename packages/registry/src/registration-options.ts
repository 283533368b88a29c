import type { Clock, Logger } from '@pulsekeeper/model';
import type { RegistrantSurroundings } from './registrant-key.ts';
import type { RegistrationData } from './registration-data.ts';
import type { RegistrySession } from './registry-session.ts';

/** Options of a `Registration`. */
export interface RegistrationOptions {
  /** The session that owns the znode. It may be shared, and may still be connecting. */
  readonly session: RegistrySession;
  /** Path of the znode; its parent is created when missing. */
  readonly path: string;
  /** Data of the znode, or what composes it. */
  readonly data: RegistrationData;
  /** Who we are: tells our own former node from somebody else's. See `createRegistrantKey`. */
  readonly key: string;
  /** Reads such a key out of a znode's data. */
  readonly keyOf: (data: Uint8Array) => string | undefined;
  /**
   * Awaited before each pass of a session in which the znode does not stand yet, so that the data can be composed by
   * what it finds out. When it throws, the pass is repeated.
   * @defaultValue nothing
   */
  readonly prepare?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /**
   * Told of data that somebody else wrote into our standing node: `true` leaves it there, `false` puts ours back.
   * @defaultValue puts ours back
   */
  readonly adopt?: ((data: Uint8Array) => boolean) | undefined;
  /**
   * How long `start` waits for a name that somebody else holds before it rejects with `NameTaken`, in ms. A dead owner's
   * node goes within its session timeout, so one and a half times that rides out a move to another host.
   * @defaultValue 0
   */
  readonly nameTakenGraceMs?: number | undefined;
  /**
   * Longest time that `close` waits for ZooKeeper, in ms. When it is over, the znode ends with the session, or is
   * withdrawn after the next connection.
   * @defaultValue 1500
   */
  readonly closeTimeoutMs?: number | undefined;
  /** @defaultValue what the operating system says */
  readonly around?: RegistrantSurroundings | undefined;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: (() => number) | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger | undefined;
}
