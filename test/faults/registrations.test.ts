/**
 * What registrations can do to a cluster: hostile ones, thousands at once, and a service that cannot make up its mind.
 * The good targets go on all the time and miss nothing.
 *
 * `PULSEKEEPER_TEST_STORM_TARGETS=10000` runs the storm in full size, at an interval of 15 s.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { ZkSession } from '@pulsekeeper/registry';
import { eventually, sumHistograms, timeFactor, type MetricHistogram } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { readEventLoopLags, readMetrics, readTargets, type EventLoopLags } from '../support/collector-pages.ts';
import { expectExact, expectPrompt } from '../support/expect-exact.ts';
import { FaultCluster } from '../support/fault-cluster.ts';
import { hostileRegistrations } from '../support/hostile-registrations.ts';
import { runCli } from '../support/run-cli.ts';
import { describeAudit, type SlotAudit } from '../support/slot-audit.ts';

const STORM_TARGETS = Number(process.env['PULSEKEEPER_TEST_STORM_TARGETS'] ?? 1_000);
const INTERVAL_MS = STORM_TARGETS > 2_000 ? 15_000 : 4_000;
const GOOD_TARGETS = 50;
const FLAPPING = Array.from({ length: 10 }, (_, index) => GOOD_TARGETS + index);
const STORM = Array.from({ length: STORM_TARGETS }, (_, index) => GOOD_TARGETS + index);
const MAX_IN_FLIGHT = 48;

/**
 * Most seconds that a timer of a collector may be late for what the collector itself does, its garbage collection on other
 * processors included: 99 of 100, and all of them. In full size that is still too much.
 */
const MAX_OWN_LAG_SECONDS = STORM_TARGETS > 2_000 ? { p99: 0.1, longest: 0.25 } : { p99: 0.05, longest: 0.1 };

/**
 * The same with the waiting for a processor, which three collectors share with three ZooKeepers, the targets and whoever registers
 * them: on two of them, thousands of registrations take all that there is for seconds.
 */
const MAX_LAG_SECONDS = { p99: 0.25, longest: 1 };

/** Share of the slots that may be requested twice while a collector was not sure of its targets. */
const TWICE_WHEN_DEMOTED = 0.01;

/** The highest that any collector reported; `demoted` is 1 when one was not sure of its targets. */
type Peaks = Record<'demoted' | 'inFlight' | 'residentMib', number>;

interface TargetAnswer {
  readonly target: string;
  readonly health: string;
  readonly lastError: string | null;
}

/** Slots that may have been requested twice, and are stored once, since the servers of ZooKeeper got too little time. */
function allowedTwice({ expected }: SlotAudit, { demoted }: Peaks): number {
  return demoted > 0 ? Math.ceil(TWICE_WHEN_DEMOTED * expected) : 0;
}

describe(`slots under registrations: 3 collectors, ${GOOD_TARGETS} good targets`, function () {
  this.timeout(240_000);
  let cluster: FaultCluster;

  before(async () => {
    cluster = await FaultCluster.start({
      collectors: 3,
      targets: GOOD_TARGETS,
      spareTargets: STORM_TARGETS,
      intervalMs: INTERVAL_MS,
      // The servers of ZooKeeper may get no processor time for seconds.
      sessionTimeoutMs: 10_000,
      env: { PULSEKEEPER_MAX_CONCURRENT_SCRAPES: `${MAX_IN_FLIGHT}` },
    });
  });

  after(async () => {
    await cluster.stop();
  });

  /** What the collectors say together of one metric. */
  async function sumOf(metric: string): Promise<number> {
    const pages = await Promise.all([...cluster.collectors.values()].map(readMetrics));
    return pages.reduce((sum, page) => sum + (page.get(metric) ?? NaN), 0);
  }

  it('hostile registrations and broken rules are told with their reason, and the others are not affected', async () => {
    const session = new ZkSession({ connectString: `${cluster.ensemble.connectString}/pulsekeeper` });
    await session.start();
    try {
      const hostile = hostileRegistrations();
      const audit = await cluster.audit(
        `${hostile.length} hostile registrations and two broken rules`,
        async () => {
          await session.ensurePath('/services/hostile');
          await session.ensurePath('/services/muddled');
          await session.setData('/services/muddled', Buffer.from('{"interval": "soon"}'));
          await session.create('/defaults', Buffer.from('{"interval": 15'));
          await Promise.all(
            hostile.map(({ data }, index) => session.create(`/services/hostile/h${index}`, data, { ephemeral: true })),
          );
          const seen = await eventually(() => expectFates(hostile), { timeoutMs: 20_000, intervalMs: 500 });
          expect(seen).to.equal(hostile.length);
        },
        { tailIntervals: 1 },
      );
      expectExact(audit);
      expectPrompt(audit, INTERVAL_MS);
      const { code, json } = await runCli<{ problems: { text: string }[] }>(cluster, 'status');
      expect(code).to.equal(0);
      const problems = json.problems.map(({ text }) => text);
      expect(
        problems.some((text) => text.startsWith('/defaults: ')),
        problems.join('\n'),
      ).to.equal(true);
      expect(
        problems.some((text) => text.startsWith('/services/muddled: ')),
        problems.join('\n'),
      ).to.equal(true);
      expect(await sumOf('pulsekeeper_targets_rejected')).to.equal(
        hostile.filter(({ fate }) => fate === 'rejected').length,
      );
    } finally {
      await session.remove('/defaults');
      await session.stop();
    }
  });

  /** Asks the real program for the fate of each hostile registration; throws for the first that is another. */
  async function expectFates(hostile: ReturnType<typeof hostileRegistrations>): Promise<number> {
    const { json } = await runCli<TargetAnswer[]>(cluster, 'targets', '--service', 'hostile');
    for (const { target, health, lastError } of json) {
      const { title, fate } = hostile[Number(target.slice('hostile/h'.length))]!;
      const about = `${title}: ${health}, ${lastError ?? 'no reason'}`;
      if (fate === 'rejected') {
        expect(health, about).to.equal('rejected');
        expect(lastError, about).to.be.a('string').with.length.within(10, 300);
      } else {
        expect(health, about).to.equal('down');
        expect(lastError, about).to.match(fate === 'denied' ? /^address_denied: / : /^connection_refused: /);
      }
    }
    return json.length;
  }

  it('services that come and go ten times a second leave one loop when they stay, and none when they go', async () => {
    let stayedFromMs = 0;
    const audit = await cluster.audit(`${FLAPPING.length} targets that flap`, async () => {
      for (let flap = 0; flap < 40; flap += 1) {
        const pauseMs = sleep(50);
        await (flap % 2 === 0 ? cluster.register(FLAPPING) : cluster.withdraw(FLAPPING));
        await pauseMs;
      }
      await cluster.register(FLAPPING);
      stayedFromMs = Date.now() + 1_000;
    });
    expectExact(audit);
    const stayed = await cluster.auditRange(FLAPPING, stayedFromMs, Date.now() - INTERVAL_MS - 500);
    expect(stayed.expected, 'slots since they stay').to.be.greaterThan(0);
    expectExact(stayed);
    expect(await ownersOf(FLAPPING)).to.equal(FLAPPING.length);
    await cluster.withdraw(FLAPPING);
    await eventually(async () => expect(await ownersOf(FLAPPING)).to.equal(0));
  });

  /** How many of the collectors' scrape loops are for one of these targets. */
  async function ownersOf(indices: readonly number[]): Promise<number> {
    const wanted = new Set(indices);
    const pages = await Promise.all([...cluster.collectors.values()].map(readTargets));
    return pages.flat().filter(({ target }) => target.startsWith('ledger/') && wanted.has(cluster.indexOf(target)))
      .length;
  }

  /** Notes the highest that any collector reports until the signal. */
  async function watchPeaks(signal: AbortSignal, peak: Peaks): Promise<void> {
    while (!signal.aborted) {
      // A page may be lost with a connection that the server closed for being idle; the next look is soon.
      const pages = await Promise.allSettled([...cluster.collectors.values()].map(readMetrics));
      for (const page of pages.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []))) {
        const read = (name: string): number => page.get(name) ?? NaN;
        peak.demoted = Math.max(peak.demoted, read('pulsekeeper_demoted'));
        peak.inFlight = Math.max(peak.inFlight, read('pulsekeeper_scrapes_in_flight'));
        peak.residentMib = Math.max(peak.residentMib, Math.round(read('process_resident_memory_bytes') / 2 ** 20));
      }
      await sleep(1_000);
    }
  }

  /** How late the timers of each collector have fired since its start. */
  async function readLags(): Promise<EventLoopLags[]> {
    // Asked again when the idle connection was closed in this very moment.
    return eventually(() => Promise.all([...cluster.collectors.values()].map(readEventLoopLags)));
  }

  it(`${STORM_TARGETS} targets register at once and then all leave`, async () => {
    const known = [...cluster.collectors.values()].length + cluster.registered.length;
    const watching = new AbortController();
    const peak: Peaks = { demoted: 0, inFlight: 0, residentMib: 0 };
    const watched = watchPeaks(watching.signal, peak);
    const times = { register: 0, firstScrape: 0, withdraw: 0, removed: 0 };
    /** Of each collector, while targets come and are scraped for the first time, and while they leave: not the calm between. */
    const lags: EventLoopLags[] = [];
    const storm = async (): Promise<void> => {
      let sinceMs = Date.now();
      const atFirst = await readLags();
      // So many at a time, since one process plays all services.
      for (let at = 0; at < STORM.length; at += 2_000) await cluster.register(STORM.slice(at, at + 2_000));
      const registeredMs = Date.now();
      times.register = registeredMs - sinceMs;
      await sleep(INTERVAL_MS);
      const whenScraped = await readLags();
      await sleep(INTERVAL_MS + 2_000);
      // Asked again when the idle connection was closed in this very moment.
      const pages = await eventually(() => cluster.ledger.ledger(), { timeoutMs: 10_000 });
      // A target that leaves before its first scrape is one that was never scraped.
      const first = STORM.map((index) => pages[index]?.entries.find(({ ms }) => ms >= sinceMs)?.ms ?? Infinity);
      times.firstScrape = Math.max(...first) - registeredMs;
      const whole = await cluster.auditRange(STORM, registeredMs + INTERVAL_MS, registeredMs + 2 * INTERVAL_MS);
      console.log(`      ${describeAudit('the many', whole)}`);
      expectExact(whole, allowedTwice(whole, peak));
      const beforeLeaving = await readLags();
      sinceMs = Date.now();
      await cluster.withdraw(STORM);
      times.withdraw = Date.now() - sinceMs;
      sinceMs = Date.now();
      const expected = [...cluster.collectors.values()].map(() => known);
      await eventually(async () => {
        const views = await Promise.all([...cluster.collectors.values()].map(readMetrics));
        expect(views.map((page) => page.get('pulsekeeper_cluster_targets'))).to.deep.equal(expected);
      });
      times.removed = Date.now() - sinceMs;
      const whenLeft = await readLags();
      for (const [index, left] of whenLeft.entries()) {
        const gained = (which: keyof EventLoopLags): MetricHistogram =>
          sumHistograms([
            whenScraped[index]![which].since(atFirst[index]![which]),
            left[which].since(beforeLeaving[index]![which]),
          ]);
        lags.push({ all: gained('all'), own: gained('own') });
      }
    };
    const audit = await cluster.audit('the good ones meanwhile', storm).finally(() => watching.abort());
    await watched;
    // Of all collectors together: each has hardly more than a hundred probes.
    const worst = (which: keyof EventLoopLags, share: number): number =>
      sumHistograms(lags.map((lag) => lag[which])).quantile(share);
    const lagSeconds = { p99: worst('all', 0.99), longest: worst('all', 1) };
    const ownLagSeconds = { p99: worst('own', 0.99), longest: worst('own', 1) };
    console.log(`      ${JSON.stringify({ times, peak, lagSeconds, ownLagSeconds })}`);
    expectExact(audit, allowedTwice(audit, peak));
    expect(times.firstScrape, 'last first scrape').to.be.at.most(INTERVAL_MS + 2_000 * timeFactor);
    expect(times.removed, 'until the last has left').to.be.at.most(2_000 * timeFactor);
    expect(peak.inFlight, 'scrapes in flight').to.be.at.most(MAX_IN_FLIGHT);
    expect(sumHistograms(lags.map(({ all }) => all)).count, 'probes of event loops').to.be.greaterThan(100);
    expect(ownLagSeconds.p99, 'own lag at p99').to.be.at.most(MAX_OWN_LAG_SECONDS.p99);
    expect(ownLagSeconds.longest, 'longest own lag').to.be.at.most(MAX_OWN_LAG_SECONDS.longest);
    expect(lagSeconds.p99, 'lag at p99').to.be.at.most(MAX_LAG_SECONDS.p99 * timeFactor);
    expect(lagSeconds.longest, 'longest lag').to.be.at.most(MAX_LAG_SECONDS.longest * timeFactor);
    expect(peak.residentMib, 'memory of a collector, in MiB').to.be.at.most(256 + STORM_TARGETS / 40);
    expect(await sumOf('pulsekeeper_targets')).to.equal(known);
  });
});
