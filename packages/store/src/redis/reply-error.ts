import { StoreError, type StoreErrorCode } from '../errors.ts';

/** Classes of what comes back instead of a reply, as health counts them. */
export type ReplyErrorClass =
  | 'timeout'
  | 'connection'
  | 'LOADING'
  | 'READONLY'
  | 'MASTERDOWN'
  | 'OOM'
  | 'BUSY'
  | 'MISCONF'
  | 'NOREPLICAS'
  | 'CLUSTERDOWN'
  | 'TRYAGAIN'
  | 'MOVED'
  | 'ASK'
  | 'CROSSSLOT'
  | 'NOSCRIPT'
  | 'NOAUTH'
  | 'WRONGPASS'
  | 'NOPERM'
  | 'WRONGTYPE'
  | 'maxclients'
  | 'unacknowledged'
  | 'other';

const NOT_SERVING: ReadonlySet<string> = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'OOM',
  'BUSY',
  'MISCONF',
  'NOREPLICAS',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'NOSCRIPT',
  'maxclients',
  'unacknowledged',
]);
const REFUSED: ReadonlySet<string> = new Set(['CROSSSLOT', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'WRONGTYPE']);

/** Texts of ioredis and Node for a connection that is not there. */
const CONNECTION =
  /Connection is closed|Stream isn't writeable|ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|max retries per request|aborted due to connection close|All sentinels are unreachable|Failed to refresh slots|None of startup nodes|Cluster isn't ready|Cluster is disconnect|Node is disconnected|socket/i;

/** Tells the class of an error reply, or of an error that ioredis raised. */
export function classOfError(error: unknown): ReplyErrorClass {
  const message = error instanceof Error ? error.message : String(error);
  if (/command timed out/i.test(message)) return 'timeout';
  // Within a script the code may follow the script's own prefix.
  for (const word of message.slice(0, 200).split(/[\s:,]+/, 12)) {
    const code = word.replace(/^-/, '');
    if (NOT_SERVING.has(code) || REFUSED.has(code)) return code as ReplyErrorClass;
  }
  if (/max number of clients/i.test(message)) return 'maxclients';
  // The words of a script whose user lacks a permission.
  if (/can't run this command|no permissions? to/i.test(message)) return 'NOPERM';
  if (/out of memory|maxmemory/i.test(message)) return 'OOM';
  if (CONNECTION.test(message) || isAggregateOfConnections(error)) return 'connection';
  return 'other';
}

function isAggregateOfConnections(error: unknown): boolean {
  return error instanceof AggregateError || (error instanceof Error && error.name === 'ClusterAllFailedError');
}

/** The {@link StoreError} for an error of ioredis; one that is a StoreError already stays. */
export function storeErrorOf(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const kind = classOfError(error);
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(codeOf(kind), `${doing}: ${kind === 'timeout' ? 'no reply in time' : message}`, {
    cause: error,
  });
}

function codeOf(kind: ReplyErrorClass): StoreErrorCode {
  if (kind === 'timeout' || kind === 'connection') return 'Unavailable';
  if (NOT_SERVING.has(kind)) return 'NotServing';
  return REFUSED.has(kind) ? 'Refused' : 'Unknown';
}
