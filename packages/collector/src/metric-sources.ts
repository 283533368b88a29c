import type { CollectorParts } from './collector-parts.ts';
import { exposeStoreMetrics } from './store-metrics.ts';
import { exposeTimeseriesMetrics } from './timeseries-metrics.ts';

/** Lets the metrics read from the parts of a collector. */
export function exposeMetrics(parts: CollectorParts): void {
  const { metrics, engine, catalogue, gate, session, standing, directory } = parts;
  const { pulse, reference, slotClock, store, credentials } = parts;
  metrics.expose({
    slots: () => engine.totals,
    targets: () => engine.targetCount,
    scrapesInFlight: () => gate.inFlight,
    scrapesWaiting: () => gate.waiting,
    isConnected: () => session.state.kind === 'connected',
    isDemoted: () => !standing.isSure(),
    members: () => engine.plan?.epochAt(slotClock.now())?.members.length ?? 0,
    knownTargets: () => directory.view.targetIds.length,
    registrationProblems: () => directory.view.problems.length,
    rejectedTargets: () => catalogue.rejectedCount,
    droppedTargets: () => catalogue.droppedCount,
    credentialProblems: () => credentials.problemCount,
    stalls: () => pulse.stallCount,
    clockDriftSeconds: () => slotClock.driftMs / 1000,
    clockSkewSeconds: () => (reference.skewMs === undefined ? undefined : reference.skewMs / 1000),
    store: () => {
      const { state, bufferedFrames, bufferedBytes, writtenBytes, rewrittenFrames } = store.health();
      return { isReady: state === 'ready', bufferedFrames, bufferedBytes, writtenBytes, rewrittenFrames };
    },
  });
  exposeStoreMetrics(parts.registry, store);
  exposeTimeseriesMetrics(parts.registry, store);
}
