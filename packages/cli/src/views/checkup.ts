import type { ServerInspection } from '@pulsekeeper/store';

import type { Attempt } from '../cluster/attempt.ts';
import { describeServer, lacksQuorum, type EnsembleServer } from './ensemble.ts';
import type { ProblemSubject, StatusReport } from './status-report.ts';

/** How a check went; `skipped` when what it needs could not be asked. */
export type CheckOutcome = 'ok' | 'warning' | 'error' | 'skipped';

/** One check of `doctor --json`. */
export interface Check {
  readonly check: string;
  readonly outcome: CheckOutcome;
  readonly detail: string;
  /** What to do about it; `null` when all is well. */
  readonly advice: string | null;
}

/** What {@link checkUp} judges. */
export interface CheckupInput {
  readonly report: StatusReport;
  /** What everybody may change who reaches ZooKeeper. */
  readonly openZnodes: Attempt<readonly string[]>;
  readonly servers: Attempt<readonly ServerInspection[]>;
  /** Where the two addresses came from. */
  readonly sources: { readonly zookeeper: string; readonly redis: string };
  readonly nodeVersion: string;
}

const ADVICE = {
  zookeeper: 'start it, or say where it is with PULSEKEEPER_ZOOKEEPER or --zookeeper',
  redis: 'start it, or say where it is with PULSEKEEPER_REDIS or --redis',
  member: 'start it again: an ensemble serves only while more than half of its servers do',
  whitelist: 'nothing, or add srvr to 4lw.commands.whitelist of its configuration to have it looked at',
  access:
    'whoever reaches it can register what the collectors then fetch: give its znodes an ACL (setAcl in zkCli.sh), and collectors and services credentials, or keep others off its network',
  quorum: 'start more of its servers: more than half must run and reach each other',
  collectors: 'start collectors with `pulsekeeper-collector`; their logs say why they do not register',
  ring: 'it settles within a second or two after a change; if it does not, compare the versions of the collectors and their clocks',
  rejected: '`pulsekeeper targets --health rejected` names each with its reason',
  down: '`pulsekeeper targets --health down` names each with its error',
  slots: '`pulsekeeper verify` names the slots; late or missed ones come with too few collectors or slow targets',
} as const;

/** What has a check of its own above, and is not told twice. */
const CHECKED_APART: ReadonlySet<ProblemSubject> = new Set(['ensemble', 'redis', 'membership', 'ring', 'slots']);

/** Judges a cluster check by check, in the order in which one would look. Pure. */
export function checkUp({ report, openZnodes, servers, sources, nodeVersion }: CheckupInput): Check[] {
  return [
    ok('node', `Node.js ${nodeVersion}`),
    server('zookeeper', report.zookeeper, `${report.zookeeper.connectString}, from ${sources.zookeeper}`),
    ...ensembleChecks(report.zookeeper.servers),
    accessCheck(openZnodes),
    server('redis', report.redis, `${report.redis.url}, from ${sources.redis}`),
    ...redisChecks(servers),
    collectorCheck(report),
    ringCheck(report),
    slotCheck(report),
    ...targetChecks(report),
    ...report.problems
      .filter(({ about }) => !CHECKED_APART.has(about))
      .map(({ severity, text }) => ({ check: 'status', outcome: severity, detail: text, advice: null })),
  ];
}

function server(
  name: 'zookeeper' | 'redis',
  { reachable, error }: { readonly reachable: boolean; readonly error: string | null },
  detail: string,
): Check {
  return reachable
    ? ok(name, detail)
    : { check: name, outcome: 'error', detail: error ?? detail, advice: ADVICE[name] };
}

function ensembleChecks(servers: readonly EnsembleServer[]): Check[] {
  const check = 'ensemble';
  if (lacksQuorum(servers)) {
    const detail = `no server serves: ${servers.map(describeServer).join(', ')}`;
    return [{ check, outcome: 'error', detail, advice: ADVICE.quorum }];
  }
  return servers.map((server): Check => {
    const detail = describeServer(server);
    if (server.serving === true) {
      return ok(check, detail);
    }
    return server.serving === false
      ? { check, outcome: 'warning', detail, advice: ADVICE.member }
      : { check, outcome: 'skipped', detail, advice: ADVICE.whitelist };
  });
}

function accessCheck(openZnodes: Attempt<readonly string[]>): Check {
  const check = 'access';
  if (!openZnodes.ok) {
    return { check, outcome: 'skipped', detail: 'ZooKeeper could not be asked', advice: null };
  }
  return openZnodes.value.length === 0
    ? ok(check, 'what is registered can be changed only by who has authenticated')
    : {
        check,
        outcome: 'warning',
        detail: `everybody may change ${openZnodes.value.join(' and ')} of the cluster in ZooKeeper`,
        advice: ADVICE.access,
      };
}

function redisChecks(servers: Attempt<readonly ServerInspection[]>): Check[] {
  if (!servers.ok) {
    return [{ check: 'redis-settings', outcome: 'skipped', detail: 'Redis could not be asked', advice: null }];
  }
  return servers.value.flatMap((inspection): Check[] => {
    const { version, role, persistence, evictionPolicy, warnings } = inspection;
    const detail = `Redis ${version}, ${role}, persistence ${persistence}, eviction ${evictionPolicy}${samplesOf(inspection)}`;
    return [
      ok('redis-settings', detail),
      ...warnings.map((text): Check => ({ check: 'redis-settings', outcome: 'warning', detail: text, advice: null })),
    ];
  });
}

/** How samples are kept, where it is not in streams. */
function samplesOf({ driver, timeseriesVersion }: ServerInspection): string {
  if (driver !== 'timeseries') return '';
  return `, samples as time series${timeseriesVersion === undefined ? '' : ` (RedisTimeSeries ${timeseriesVersion})`}`;
}

function collectorCheck({ zookeeper, collectors, problems }: StatusReport): Check {
  if (!zookeeper.reachable) {
    return { check: 'collectors', outcome: 'skipped', detail: 'ZooKeeper could not be asked', advice: null };
  }
  const problem = problems.find(({ about }) => about === 'membership');
  if (problem !== undefined) {
    return { check: 'collectors', outcome: problem.severity, detail: problem.text, advice: ADVICE.collectors };
  }
  return ok('collectors', `${collectors.filter(({ state }) => state !== 'unregistered').length} registered`);
}

function ringCheck({ ring, collectors }: StatusReport): Check {
  if (collectors.length === 0) {
    return { check: 'ring', outcome: 'skipped', detail: 'there is no collector', advice: null };
  }
  return ring.agreed === false
    ? { check: 'ring', outcome: 'error', detail: `not agreed by ${ring.deviating.join(', ')}`, advice: ADVICE.ring }
    : ok('ring', `all collectors work by ring ${ring.version ?? '(not known while ZooKeeper is away)'}`);
}

function slotCheck({ slots, problems }: StatusReport): Check {
  if (slots === null) {
    return { check: 'slots', outcome: 'skipped', detail: 'Redis could not be asked', advice: null };
  }
  const { expected, missed, dropped } = slots;
  const detail = `${expected} expected, ${missed} missed, ${dropped} dropped`;
  const problem = problems.find(({ about }) => about === 'slots');
  return problem === undefined
    ? ok('slots', detail)
    : { check: 'slots', outcome: problem.severity, detail, advice: ADVICE.slots };
}

function targetChecks({ targets }: StatusReport): Check[] {
  if (targets === null) {
    return [{ check: 'targets', outcome: 'skipped', detail: 'ZooKeeper could not be asked', advice: null }];
  }
  const { up, down, unknown, rejected } = targets;
  const checks = [ok('targets', `${up} up, ${down} down, ${unknown} unknown, ${rejected} rejected`)];
  if (rejected > 0) {
    checks.push({
      check: 'targets',
      outcome: 'warning',
      detail: `${rejected} registrations are wrong`,
      advice: ADVICE.rejected,
    });
  }
  if (down > 0) {
    checks.push({ check: 'targets', outcome: 'warning', detail: `${down} targets are down`, advice: ADVICE.down });
  }
  return checks;
}

function ok(check: string, detail: string): Check {
  return { check, outcome: 'ok', detail, advice: null };
}
