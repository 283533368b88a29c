import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

import { SeriesPool } from '@pulsekeeper/exposition';
import { silentLogger, systemClock, type Clock, type Logger } from '@pulsekeeper/model';
import { Directory, InstanceWatcher } from '@pulsekeeper/registry';
import { openStore, type Store } from '@pulsekeeper/store';
import { ZkSession } from '@pulsekeeper/zk-session';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { cautionMs } from './assignment/slot-approach.ts';
import { TargetCatalogue } from './assignment/target-catalogue.ts';
import {
  longestNewsMs,
  resolveCollectorOptions,
  type CollectorOptions,
  type ResolvedCollectorOptions,
} from './collector-options.ts';
import { CredentialStore } from './credentials/credential-store.ts';
import { profileAccess } from './credentials/profile-access.ts';
import { ScrapeEngine } from './engine/scrape-engine.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { Standing } from './membership/standing.ts';
import { CollectorMetrics } from './metrics.ts';
import { concurrencyLimits, parseMaxOpenFiles } from './schedule/concurrency-limits.ts';
import { Pulse } from './schedule/pulse.ts';
import { ScrapeGate } from './schedule/scrape-gate.ts';
import { ReferenceClock } from './schedule/reference-clock.ts';
import { SlotClock } from './schedule/slot-clock.ts';
import { StallDetector } from './schedule/stall-detector.ts';
import { AddressPolicy } from './scrape/address-policy.ts';
import { NameCache } from './scrape/name-cache.ts';
import { systemNameLookup } from './scrape/name-lookup.ts';
import { createConnectionFactory, type ConnectionFactory } from './scrape/target-connection.ts';
import { TargetScraper, type ScraperSurroundings } from './scrape/target-scraper.ts';

/** The parts that a collector consists of, none of them started. */
export interface CollectorParts {
  readonly options: ResolvedCollectorOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly reference: ReferenceClock;
  readonly slotClock: SlotClock;
  readonly registry: Registry;
  readonly metrics: CollectorMetrics;
  readonly session: ZkSession;
  readonly store: Store;
  readonly directory: Directory;
  readonly instances: InstanceWatcher;
  readonly standing: Standing;
  readonly pulse: Pulse;
  readonly lag: EventLoopLag;
  readonly gate: ScrapeGate;
  readonly engine: ScrapeEngine;
  readonly catalogue: TargetCatalogue;
  readonly credentials: CredentialStore;
}

/** A stall shorter than this is ordinary business: garbage collection, a large body. */
const MIN_STALL_MS = 1_000;

/** The scrapes of one tick of the schedule end within some milliseconds; so they go in one call. */
const STORE_LINGER_MS = 10;

/** How long closing the store may take once it was flushed, or could not be. */
const STORE_STOP_MS = 1_000;

/** prom-client's own monitor of the event loop is replaced; until then it shall not wake the process up. */
const NEVER_MS = 86_400_000;

/** Builds the parts and connects them to one another. No I/O but reading the limits of the process. */
export function buildCollectorParts(given: CollectorOptions): CollectorParts {
  const options = resolveCollectorOptions(given);
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const reference: ReferenceClock = new ReferenceClock({
    clock,
    readServerTime: () => store.readServerTime(),
    logger,
  });
  const slotClock = new SlotClock({ clock: reference });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  const lag = new EventLoopLag(registry);
  const metrics = new CollectorMetrics(registry);
  const session = new ZkSession({
    connectString: options.zookeeper,
    sessionTimeoutMs: options.sessionTimeoutMs,
    connectTimeoutMs: options.startTimeoutMs,
    auth: zookeeperAuth(options.zookeeperAuth),
    acl: options.zookeeperAcl,
    tls: options.zookeeperTls,
    logger,
    random,
  });
  const store = openStore({
    url: options.redis,
    tls: options.storeTls,
    sentinel: options.storeSentinel,
    keyPrefix: options.keyPrefix,
    collector: options.id,
    retentionMs: options.retentionMs,
    bufferBytes: options.bufferBytes,
    driver: options.storeDriver,
    timeseries: options.storeTimeseries,
    spillPath: options.storeSpillPath,
    ack: options.storeAck,
    rewriteWindowMs: options.storeRewriteWindowMs,
    lingerMs: STORE_LINGER_MS,
    // Leaving flushes the store before it stops it.
    stopTimeoutMs: STORE_STOP_MS,
    logger,
    clock: { now: () => slotClock.now(), monotonic: () => clock.monotonic() },
    random,
  });
  const discovery = { mode: options.discoveryMode, pollIntervalMs: options.pollIntervalMs };
  const directory = new Directory({ session, ...discovery, clock, random, logger });
  const instances = new InstanceWatcher({
    session,
    ...discovery,
    placeOf: (id) => directory.view.placeOf(id),
    clock,
    random,
    logger,
  });
  const standing = new Standing({ session, directory });
  const pulse = new Pulse({
    slotClock,
    reference,
    stalls: new StallDetector({
      clock,
      thresholdMs: Math.max(MIN_STALL_MS, options.sessionTimeoutMs / 3),
      uptimeSeconds: uptime,
    }),
    onStall: () => standing.distrust(),
    logger,
  });
  const limits = concurrencyLimits(parseMaxOpenFiles(processLimits()), options.maxConcurrentScrapes);
  const gate = new ScrapeGate(limits);
  const keepsAlive = (): boolean => engine.targetCount <= limits.maxKeptConnections;
  const { connections, credentials } = connectionParts(options, clock, logger);
  const surroundings: ScraperSurroundings = {
    connections,
    credentials,
    clock,
    random,
    fallbackFormat: options.fallbackFormat,
    pool: new SeriesPool(),
    keepsAlive,
  };
  const catalogue = new TargetCatalogue();
  const engine: ScrapeEngine = new ScrapeEngine({
    self: options.id,
    clock: slotClock,
    gate,
    frames: store.writer,
    createScraper: (target) => new TargetScraper(target, surroundings),
    metrics,
    cautionMs: cautionMs(longestNewsMs(options)),
    sessionTimeoutMs: options.sessionTimeoutMs,
    onDismissed: (id) => {
      catalogue.forget(id);
      instances.forget(id);
    },
    logger: logger.child({ component: 'engine' }),
    isDemoted: () => {
      pulse.check();
      return !standing.isSure();
    },
    stallCount: () => {
      pulse.check();
      return pulse.stallCount;
    },
  });
  const parts = {
    options,
    logger,
    clock,
    random,
    reference,
    slotClock,
    registry,
    metrics,
    session,
    store,
    directory,
    instances,
  };
  return { ...parts, standing, pulse, lag, gate, engine, catalogue, credentials };
}

function connectionParts(
  options: ResolvedCollectorOptions,
  clock: Clock,
  logger: Logger,
): { connections: ConnectionFactory; credentials: CredentialStore } {
  const policy = new AddressPolicy({ allow: options.scrapeAllow, deny: options.scrapeDeny });
  const names = new NameCache({ lookup: systemNameLookup(), clock });
  const connections = createConnectionFactory(names, policy);
  const credentials = new CredentialStore({
    file: options.credentialsFile,
    accessOf: (profile) => profileAccess(profile, connections),
    logger: logger.child({ component: 'credentials' }),
  });
  return { connections, credentials };
}

function zookeeperAuth(text: string | undefined): { scheme: string; credentials: string } | undefined {
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  return { scheme: text.slice(0, colon), credentials: text.slice(colon + 1) };
}

function processLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Not Linux: the limit is taken to be what most systems give.
    return '';
  }
}
