import { EventEmitter } from 'node:events';
import { silentLogger, systemClock, type Clock, type Logger } from '@pulsekeeper/model';
import { parseCollector, serializeCollector, type CollectorRecord } from './collector-record.ts';
import { DEFAULT_DIRECTORY_OPTIONS } from './directory-options.ts';
import { createRegistrantKey, type RegistrantSurroundings } from './registrant-key.ts';
import type { Composition } from './registration-data.ts';
import type { RegistrationState } from './registration-state.ts';
import { Registration } from './registration.ts';
import type { RegistrySession } from './registry-session.ts';
import { safeEmit } from './safe-emit.ts';
import { rootIdentity } from './suspect-tree.ts';
import { collectorPath, ZNODES } from './znode-path.ts';
import { stringFieldOf } from './znode-json.ts';

/** What a collector announces of itself; the rest of its record is the membership's business. */
export type CollectorAnnouncement = Pick<CollectorRecord, 'id' | 'host' | 'statusUrl' | 'capacity' | 'version'>;

/** What may change while a collector is announced. `activeFromMs` is decided when it joins. */
export type CollectorPatch = Partial<Omit<CollectorRecord, 'id' | 'incarnation' | 'activeFromMs'>>;

/** Options of a {@link CollectorMembership}. */
export interface CollectorMembershipOptions {
  /** The session that owns the znode. It may be shared, and may still be connecting. */
  readonly session: RegistrySession;
  /** What it says of itself. */
  readonly announcement: CollectorAnnouncement;
  /**
   * Time from joining to the first slot that is ours, in ms: long enough for all collectors to have heard of us.
   * @defaultValue 1500
   */
  readonly handoverMs?: number | undefined;
  /** @defaultValue a fresh key of this process */
  readonly incarnation?: string | undefined;
  /**
   * How long `start` waits for an id that another live collector seems to hold, in ms, before `NameTaken`. The node of a
   * collector that died on another host goes within its session timeout.
   * @defaultValue 15000
   */
  readonly nameTakenGraceMs?: number | undefined;
  /**
   * Longest time that `close` waits for ZooKeeper, in ms.
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

/** Events of a {@link CollectorMembership}. */
export interface CollectorMembershipEvents {
  /** As {@link Registration}'s. */
  state: [state: RegistrationState, previous: RegistrationState];
}

/**
 * Announces a collector as the ephemeral `/collectors/<id>` and keeps it there.
 *
 * `activeFromMs` says from which slot on it takes part. It is now + `handoverMs` when the collector joins (first start,
 * or a lost session whose node was gone), and is kept when nothing moved: the node was deleted by hand, it takes the
 * place of its own active node, or ZooKeeper has lost its data, upon which all observers keep what they knew for a
 * while. A node that was draining is not continued; the collector joins anew.
 *
 * Anybody may ask the collector to drain by writing its record back with the state `draining` and no `drainAtMs`; the
 * request stays, for the collector's directory to see, until `drain` answers it. Any other foreign data is overwritten.
 */
export class CollectorMembership extends EventEmitter<CollectorMembershipEvents> {
  readonly #registration: Registration;
  readonly #clock: Clock;
  readonly #handoverMs: number;
  readonly #logger: Logger;
  #record: CollectorRecord;
  #isDraining = false;
  /** What was written last as the moment from which on we own nothing. */
  #proposedDrainAtMs: number | undefined;
  /** Identity of `/collectors` as it was before the last passes, and as it was when our node stood last. */
  #tree: string | undefined;
  #standingTree: string | undefined;
  /** Monotonic ms of when the tree was found to be another one. */
  #treeLostAtMs = -Infinity;

  /** @throws RegistryError `InvalidName` or `InvalidRecord` for an announcement that no observer would accept. */
  constructor(options: CollectorMembershipOptions) {
    super();
    this.#clock = options.clock ?? systemClock;
    this.#handoverMs = options.handoverMs ?? 1500;
    this.#logger = (options.logger ?? silentLogger).child({ component: 'collector-membership' });
    const incarnation = options.incarnation ?? createRegistrantKey();
    this.#record = { ...options.announcement, state: 'active', activeFromMs: 0, incarnation };
    serializeCollector(this.#record);
    this.#registration = new Registration({
      session: options.session,
      path: collectorPath(options.announcement.id),
      prepare: (signal) => this.#lookAtTree(options.session, signal),
      data: this.#compose,
      key: incarnation,
      keyOf: (data) => stringFieldOf(data, 'incarnation'),
      adopt: this.#adopt,
      nameTakenGraceMs: options.nameTakenGraceMs ?? 15_000,
      closeTimeoutMs: options.closeTimeoutMs,
      around: options.around,
      clock: options.clock,
      random: options.random,
      logger: options.logger,
    });
    this.#registration.on('state', (state, previous) => {
      if (state.kind === 'registered') this.#standingTree = this.#tree;
      safeEmit(this.#logger, this, 'state', state, previous);
    });
  }

  /** What we announce, or would. `activeFromMs` is 0 before the first attempt to join. */
  get record(): CollectorRecord {
    return this.#record;
  }

  /** Where the registration is. */
  get state(): RegistrationState {
    return this.#registration.state;
  }

  /** Joins. Resolves once the znode stands, and throws, as `Registration.start` does. */
  start(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#registration.start(options);
  }

  /**
   * Changes the announced record. Resolves once it is written; see `Registration.update`.
   *
   * @throws RegistryError `InvalidRecord`, and then nothing changes.
   */
  async update(patch: CollectorPatch, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const next = { ...this.#record, ...patch };
    serializeCollector(next);
    this.#record = next;
    await this.#registration.update(this.#compose, options);
  }

  /**
   * Announces that we own nothing for slots at or after the returned moment, which is `handoverMs` after the writing: what
   * nobody can have heard of does not bind us either. Resolves once it is written; while ZooKeeper is away that takes until
   * it is back, and `record` does not change before. A second call changes nothing.
   */
  async drain(options: { signal?: AbortSignal | undefined } = {}): Promise<number> {
    this.#isDraining = true;
    this.#record = { ...this.#record, state: 'draining' };
    for (;;) {
      const standing = this.#record.drainAtMs;
      if (standing !== undefined) return standing;
      await this.#registration.update(this.#compose, options);
      const proposed = this.#proposedDrainAtMs;
      // What took too long to be written is written anew, with a moment that all have time to hear of.
      const tookMs = this.#clock.now() - ((proposed ?? 0) - this.#handoverMs);
      const isInTime = tookMs <= Math.max(this.#handoverMs / 2, FREE_WRITE_MS);
      if (isInTime) this.#record = { ...this.#record, drainAtMs: proposed };
    }
  }

  /** Withdraws the collector, as `Registration.close` does. Never rejects. Every caller gets the same promise. */
  close(): Promise<void> {
    return this.#registration.close();
  }

  /** As {@link CollectorMembership.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A request to drain stays in the znode until it is answered by {@link CollectorMembership.drain}. */
  readonly #adopt = (standing: Uint8Array): boolean => {
    const parsed = parseCollector(standing);
    if (!parsed.ok || parsed.value.state !== 'draining' || parsed.value.drainAtMs !== undefined) return false;
    if (this.#isDraining) return false;
    this.#record = { ...this.#record, state: 'draining' };
    return true;
  };

  /** Whether ZooKeeper has lost its data so recently that observers keep what they knew before. */
  #hasTreeBeenLost(): boolean {
    return this.#clock.monotonic() - this.#treeLostAtMs < DEFAULT_DIRECTORY_OPTIONS.suspectGraceMs;
  }

  async #lookAtTree(session: RegistrySession, signal: AbortSignal): Promise<void> {
    let stat = await session.exists(ZNODES.collectors, { signal });
    if (stat === undefined) {
      await session.ensurePath(ZNODES.collectors, { signal });
      stat = await session.exists(ZNODES.collectors, { signal });
    }
    this.#tree = stat === undefined ? undefined : rootIdentity(stat);
    // Our node stood in another tree than this one.
    const isOther = this.#standingTree !== undefined && this.#standingTree !== this.#tree;
    if (!isOther) return;
    this.#standingTree = this.#tree;
    this.#treeLostAtMs = this.#clock.monotonic();
    this.#logger.warn({ activeFromMs: this.#record.activeFromMs }, 'ZooKeeper has lost its data; keeping our place');
  }

  readonly #compose = ({ cause, standing }: Composition): Uint8Array => {
    if (cause !== 'update') {
      const keptFromMs = this.#hasTreeBeenLost() ? this.#record.activeFromMs : continuedFromMs(standing);
      this.#record = { ...this.#record, activeFromMs: keptFromMs ?? this.#clock.now() + this.#handoverMs };
    }
    if (!this.#isDraining) return serializeCollector(this.#record);
    this.#proposedDrainAtMs = this.#record.drainAtMs ?? this.#clock.now() + this.#handoverMs;
    return serializeCollector({ ...this.#record, drainAtMs: this.#proposedDrainAtMs });
  };
}

/** A write that takes no longer is never repeated, however short the hand-over time. */
const FREE_WRITE_MS = 500;

/** Since when the standing node has been active, when we may simply go on in its place. */
function continuedFromMs(standing: Uint8Array | undefined): number | undefined {
  const parsed = standing === undefined ? undefined : parseCollector(standing);
  return parsed?.ok === true && parsed.value.state === 'active' ? parsed.value.activeFromMs : undefined;
}
