import { hostname } from 'node:os';

import { formatAddress, signalWithin, type Logger, type TargetId } from '@pulsekeeper/model';
import {
  CollectorMembership,
  createRegistrantKey,
  registerInstance,
  serializeInstance,
  type DirectoryDiff,
  type DirectoryView,
  type Registration,
} from '@pulsekeeper/registry';

import type { OwnershipPlan } from './assignment/ownership-plan.ts';
import { Planner } from './assignment/planner.ts';
import { handoverInSession, type CollectorOptions } from './collector-options.ts';
import { buildCollectorParts, type CollectorParts } from './collector-parts.ts';
import type { TargetChanges } from './engine/scrape-engine.ts';
import type { TargetState } from './engine/target-state.ts';
import { CollectorError } from './errors.ts';
import { collectorRoutes } from './http/routes.ts';
import { StatusServer } from './http/status-server.ts';
import { RingNote } from './membership/ring-note.ts';
import { exposeMetrics } from './metric-sources.ts';
import { PROGRAM_VERSION } from './program-version.ts';
import { pauseUntil } from './schedule/pause-until.ts';
import type { CollectorPhase, CollectorReport } from './status/collector-report.ts';
import { describeServers } from './status/describe-servers.ts';
import { Heartbeat } from './status/heartbeat.ts';
import { Reporter } from './status/reporter.ts';

/** The service that collectors register themselves under. */
export const OWN_SERVICE = 'pulsekeeper-collector';

/** Services that a change of rules names in the log. */
const MAX_LOGGED_SERVICES = 10;

/** A name that is taken is waited for so many session timeouts: by then the node of one that died is gone. */
const NAME_GRACE_SESSIONS = 1.5;

/** After the boundary, a slot that came just before it may still be about to be begun by a timer that is late. */
const LAST_SLOT_MS = 100;

/** Hosts to listen on that nobody can connect to. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * One collector of a cluster: takes its share of the targets and scrapes them into the store.
 *
 * `start` resolves once it is announced and has read the cluster; it owns targets from `handoverMs` later on, at once
 * when it is alone. `stop` drains: the others take over at an exact slot, and what is in flight is written.
 *
 * @example
 * ```ts
 * const collector = new Collector({ id: 'c1', zookeeper: '127.0.0.1:2181/pulsekeeper', redis: 'redis://127.0.0.1' });
 * await collector.start();
 * // …
 * await collector.stop();
 * ```
 */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #logger: Logger;
  readonly #planner: Planner;
  readonly #server: StatusServer;
  readonly #reporter: Reporter;
  readonly #heartbeat: Heartbeat;
  #membership: CollectorMembership | undefined;
  #selfRegistration: Registration | undefined;
  #ringNote: RingNote | undefined;
  #following: NodeJS.Immediate | undefined;
  #phase: CollectorPhase = 'starting';
  #statusUrl = '';
  #handoverMs = 0;
  #startedAtMs = 0;
  #rulesAppliedAtMs: number | undefined;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /** Checks the options; does no I/O. @throws RangeError, TypeError, or the errors of the session's and store's options. */
  constructor(options: CollectorOptions) {
    const parts = buildCollectorParts(options);
    this.#parts = parts;
    this.#logger = parts.logger.child({ component: 'collector' });
    this.#planner = new Planner({
      self: options.id,
      replication: parts.options.replication,
      directory: parts.directory,
      clock: parts.slotClock,
      logger: parts.logger.child({ component: 'planner' }),
      onPlan: (plan, changes) => this.#applyPlan(plan, changes),
      ownRecord: () => this.#membershipOf().record,
      isAnnounced: () => this.#membership?.state.kind === 'registered',
      onBoundary: (plan) => this.#ringNote?.set(plan.ringVersionAt(parts.slotClock.now())),
    });
    this.#reporter = new Reporter(parts, {
      phase: () => this.#phase,
      statusUrl: () => this.#statusUrl,
      startedAtMs: () => this.#startedAtMs,
      rulesAppliedAtMs: () => this.#rulesAppliedAtMs,
      membership: () => this.#membership,
    });
    this.#heartbeat = new Heartbeat({
      store: parts.store,
      report: () => this.#reporter.beat(),
      intervalMs: parts.options.heartbeatMs,
      logger: this.#logger,
    });
    this.#server = new StatusServer(
      collectorRoutes({
        registry: parts.registry,
        unreadyReason: () => this.#unreadyReason(),
        targets: () => parts.engine.describeTargets(),
        report: () => this.#reporter.report(),
      }),
      this.#logger,
    );
    exposeMetrics(parts);
  }

  get id(): string {
    return this.#parts.options.id;
  }

  /** Where its HTTP server answers; empty before `start`. */
  get statusUrl(): string {
    return this.#statusUrl;
  }

  /** What it says of itself now. */
  get report(): CollectorReport {
    return this.#reporter.report();
  }

  /** The states of the targets that it has a part in. */
  get targets(): readonly TargetState[] {
    return this.#parts.engine.describeTargets();
  }

  /**
   * Resolves when the ZooKeeper session has ended for good: with the reason, unless `stop` ended it, which also happens
   * when the collector was asked to drain.
   */
  get sessionEnded(): Promise<Error | undefined> {
    return this.#parts.session.closed;
  }

  /**
   * Connects, announces the collector and begins to scrape. When it rejects, everything is undone.
   *
   * @throws CollectorError `ListenFailed`, `Aborted`; `ZkError`, `StoreError` when ZooKeeper or Redis cannot be reached in
   * time or refuse; `RegistryError` `NameTaken` when another live collector has the id.
   */
  start(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#starting ??= this.#start(options.signal);
    return this.#starting;
  }

  /** Leaves in order, within `drainTimeoutMs`. Idempotent; every caller gets the same promise. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const { options, session, store, directory, instances, pulse, engine, reference, slotClock, credentials } =
      this.#parts;
    const limit = signalWithin(options.startTimeoutMs, signal);
    this.#parts.lag.start();
    try {
      await credentials.start();
      const listening = await this.#server.start(options.listen);
      const host = options.advertisedHost ?? (WILDCARD_HOSTS.has(listening.host) ? hostname() : listening.host);
      const address = formatAddress({ host, port: listening.port });
      this.#statusUrl = `http://${address}`;
      this.#logger.info({ statusUrl: this.#statusUrl }, 'listening');
      await Promise.all([session.start({ signal }), store.start({ signal: limit })]);
      this.#logger.info({ zookeeper: options.zookeeper }, 'connected to ZooKeeper and Redis');
      await reference.start();
      slotClock.begin();
      this.#startedAtMs = slotClock.now();
      await directory.start({ signal: limit });
      await instances.start();
      instances.on('changed', (id, instance) => {
        if (instance !== undefined) this.#configure(id, this.#parts.catalogue.setInstance(id, instance));
      });
      directory.on('changed', (view, diff) => this.#onDirectory(view, diff));
      this.#readRules(directory.view);
      await this.#announce(host, signal);
      if (this.#stopping !== undefined) throw new CollectorError('Aborted', 'stopped while starting');
      pulse.start();
      engine.start();
      this.#planner.start();
      this.#phase = 'active';
      this.#selfRegistration = options.registersItself ? this.#registerSelf(address) : undefined;
      this.#heartbeat.start();
      this.#logger.info(
        { targets: directory.view.targetIds.length, collectors: directory.view.collectors.size },
        'started',
      );
    } catch (error) {
      const wasLate = limit.aborted && signal?.aborted !== true && this.#membership === undefined;
      const reached = describeServers(this.#parts);
      await this.stop();
      if (!wasLate) throw error;
      throw new CollectorError('StartFailed', `not started within ${options.startTimeoutMs} ms: ${reached}`, {
        cause: error,
      });
    }
  }

  async #announce(host: string, signal: AbortSignal | undefined): Promise<void> {
    const { options, session, slotClock, clock, random, logger } = this.#parts;
    const { id, capacity } = options;
    const { state } = session;
    const sessionTimeoutMs = state.kind === 'connected' ? state.sessionTimeoutMs : options.sessionTimeoutMs;
    const handoverMs = handoverInSession(options, sessionTimeoutMs);
    this.#handoverMs = handoverMs;
    this.#membership = new CollectorMembership({
      session,
      announcement: { id, host, statusUrl: this.#statusUrl, capacity, version: PROGRAM_VERSION },
      handoverMs,
      nameTakenGraceMs: NAME_GRACE_SESSIONS * sessionTimeoutMs,
      clock: { now: () => Math.round(slotClock.now()), monotonic: () => clock.monotonic() },
      random,
      logger,
    });
    this.#ringNote = new RingNote(this.#membership, this.#logger);
    await this.#membership.start({ signal });
    const { activeFromMs } = this.#membership.record;
    this.#logger.info({ activeFromMs, inMs: Math.round(activeFromMs - slotClock.now()) }, 'announced');
  }

  #registerSelf(address: string): Registration {
    const { session, logger } = this.#parts;
    const instanceKey = createRegistrantKey();
    const registration = registerInstance(session, {
      service: OWN_SERVICE,
      instance: this.id,
      data: serializeInstance({ address, instanceKey }),
      instanceKey,
      logger,
    });
    registration
      .start()
      .catch((err: unknown) => this.#logger.warn({ err }, 'the collector is not registered as a target'));
    return registration;
  }

  #applyPlan(plan: OwnershipPlan, changes: TargetChanges): void {
    // What the plan before gave up is to be forgotten, should this one bring it back.
    if (this.#following !== undefined) this.#wantTargets();
    this.#parts.engine.applyPlan(plan, changes);
    // In a turn of the event loop of its own.
    this.#following = setImmediate(() => this.#wantTargets());
    this.#ringNote?.set(plan.ringVersionAt(this.#parts.slotClock.now()));
  }

  /** Reads the registrations of those targets that the engine works for, and forgets the others. */
  #wantTargets(): void {
    const { engine, instances, catalogue } = this.#parts;
    clearImmediate(this.#following);
    this.#following = undefined;
    const wanted = new Set([...engine.targetIds, ...engine.watchedIds]);
    catalogue.keepOnly(wanted);
    instances.setWanted(wanted);
    for (const id of wanted) {
      const instance = instances.get(id);
      if (instance !== undefined) this.#configure(id, catalogue.setInstance(id, instance));
    }
  }

  #onDirectory(view: DirectoryView, diff: DirectoryDiff): void {
    if (diff.haveDefaultsChanged || diff.changedRules.length > 0) this.#applyRules(view, diff);
    if (diff.changedServices.length > 0) this.#parts.instances.refreshPlaces();
    const own = view.collectors.get(this.id);
    const isAskedToDrain = own?.state === 'draining' && own.drainAtMs === undefined;
    if (isAskedToDrain) {
      this.#logger.info({}, 'asked to drain');
      void this.stop();
    }
  }

  #applyRules(view: DirectoryView, { haveDefaultsChanged, changedRules }: DirectoryDiff): void {
    const targets = this.#readRules(view);
    this.#rulesAppliedAtMs = this.#parts.slotClock.now();
    const services = changedRules.slice(0, MAX_LOGGED_SERVICES);
    this.#logger.info({ haveDefaultsChanged, services, targets }, 'scrape rules applied');
  }

  /** Takes the rules as they stand; gives the number of targets that change by it. */
  #readRules(view: DirectoryView): number {
    let count = 0;
    for (const [id, target] of this.#parts.catalogue.setRules(view)) {
      this.#configure(id, target);
      count += 1;
    }
    return count;
  }

  #configure(id: TargetId, target: ReturnType<CollectorParts['catalogue']['setInstance']>): void {
    if (target !== undefined) this.#parts.engine.configure(id, target);
  }

  /** Announces that others own the targets from a moment on. Resolves when it is written; never rejects. */
  #drain(): Promise<void> {
    this.#draining ??= this.#announceDraining();
    return this.#draining;
  }

  async #announceDraining(): Promise<void> {
    this.#phase = 'draining';
    this.#ringNote?.stop();
    const handoverMs = this.#handoverMs;
    const { drainTimeoutMs } = this.#parts.options;
    // While nobody can hear of it, the targets stay ours; what is left of the time is for the last slots and for Redis.
    const limitMs = Math.max(handoverMs, drainTimeoutMs - 2 * handoverMs);
    try {
      const drainAtMs = await this.#membershipOf().drain({ signal: signalWithin(limitMs) });
      this.#logger.info({ drainAtMs }, 'draining');
    } catch (err) {
      this.#logger.warn({ err }, 'draining could not be announced');
    }
    this.#planner.replan();
  }

  async #stop(): Promise<void> {
    const { options, reference, slotClock, engine, session, store, directory, instances, pulse } = this.#parts;
    const wasActive = this.#phase === 'active' || this.#phase === 'draining';
    const deadline = AbortSignal.timeout(options.drainTimeoutMs);
    if (wasActive) {
      this.#logger.info({ targets: engine.targetCount }, 'leaving');
      await this.#selfRegistration?.close();
      if (this.#hasSuccessors()) {
        await this.#drain();
        const { drainAtMs } = this.#membershipOf().record;
        if (drainAtMs !== undefined) await pauseUntil(() => drainAtMs + LAST_SLOT_MS - slotClock.now(), deadline);
      }
    }
    this.#phase = 'stopped';
    this.#planner.stop();
    clearImmediate(this.#following);
    await engine.stop(deadline);
    this.#heartbeat.stop();
    if (wasActive) {
      await this.#attempt('the store could not be flushed', () => store.flush({ signal: deadline }));
      // A store that could not be flushed in time does not take a heartbeat either.
      if (!deadline.aborted) await this.#heartbeat.publishLast();
    }
    this.#ringNote?.stop();
    await this.#membership?.close();
    await Promise.all([directory.stop(), instances.stop()]);
    pulse.stop();
    this.#parts.credentials.stop();
    reference.stop();
    await this.#attempt('the store could not be closed', () => store.stop());
    await session.stop();
    await this.#server.stop();
    this.#parts.lag.stop();
    this.#logger.info({ slots: engine.totals.snapshot() }, 'stopped');
  }

  /** Whether anybody is there to hand the targets to. */
  #hasSuccessors(): boolean {
    for (const { id, drainAtMs } of this.#parts.directory.view.collectors.values()) {
      if (id !== this.id && drainAtMs === undefined) return true;
    }
    return false;
  }

  async #attempt(message: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.#logger.warn({ err }, message);
    }
  }

  #membershipOf(): CollectorMembership {
    if (this.#membership === undefined) throw new TypeError('the collector has not been announced');
    return this.#membership;
  }

  #unreadyReason(): string | undefined {
    const { directory, store } = this.#parts;
    if (this.#phase !== 'active') return `the collector is ${this.#phase}`;
    if (!directory.view.collectors.has(this.id)) return 'it does not see itself among the collectors yet';
    const { state } = store.health();
    return state === 'ready' ? undefined : `the store is ${state}`;
  }
}
