/** What a member of an ensemble does; `null` where it did not say. */
export type ServerMode = 'leader' | 'follower' | 'observer' | 'standalone';

/** One server of the connect string, as `status --json` shows it. */
export interface EnsembleServer {
  /** `host:port`. */
  readonly server: string;
  /** Whether it serves: `null` when it answers and does not allow to be asked. */
  readonly serving: boolean | null;
  readonly mode: ServerMode | null;
  readonly version: string | null;
  /** How long it took to connect and to answer, in seconds; `null` when it did not. */
  readonly answerSeconds: number | null;
  /** How long requests take on the server, by its own mean since its start. */
  readonly latencySeconds: number | null;
  /** Why it does not serve, or does not say what it is. */
  readonly problem: string | null;
}

const MODE = /^Mode: (leader|follower|observer|standalone)\s*$/m;
const VERSION = /^Zookeeper version: ([^\s,]+)/m;
const LATENCY_MS = /^Latency min\/avg\/max: [\d.]+\/([\d.]+)\/[\d.]+/m;

/** Reads what a server answers to the four-letter word `srvr`. Pure. */
export function readServerAnswer(server: string, answer: string, answerSeconds: number): EnsembleServer {
  const common = { server, mode: null, version: null, answerSeconds, latencySeconds: null };
  const mode = MODE.exec(answer)?.[1] as ServerMode | undefined;
  if (mode !== undefined) {
    const latencyMs = LATENCY_MS.exec(answer)?.[1];
    return {
      ...common,
      serving: true,
      mode,
      version: VERSION.exec(answer)?.[1] ?? null,
      latencySeconds: latencyMs === undefined ? null : Number(latencyMs) / 1000,
      problem: null,
    };
  }
  if (answer.includes('not currently serving')) {
    return { ...common, serving: false, problem: 'it answers and does not serve: it sees no quorum' };
  }
  if (answer.includes('whitelist')) {
    return { ...common, serving: null, problem: 'it answers; srvr is not among its 4lw.commands.whitelist' };
  }
  return { ...common, serving: null, problem: 'it takes connections, and does not say what it is' };
}

/** A server that could not be asked. */
export function silentServer(server: string, reason: string): EnsembleServer {
  const unknown = { mode: null, version: null, answerSeconds: null, latencySeconds: null };
  return { server, serving: false, ...unknown, problem: `not answering: ${reason}` };
}

/** One phrase for people: `zk1:2181 leader 0.4ms`. */
export function describeServer({ server, mode, latencySeconds, problem }: EnsembleServer): string {
  if (mode === null) {
    return `${server} ${problem ?? 'unknown'}`;
  }
  return `${server} ${mode}${latencySeconds === null ? '' : ` ${(latencySeconds * 1000).toFixed(1)}ms`}`;
}

/** True when servers answered, and none of them serves. */
export function lacksQuorum(servers: readonly EnsembleServer[]): boolean {
  const answering = servers.filter(({ answerSeconds }) => answerSeconds !== null);
  return answering.length > 0 && answering.every(({ serving }) => serving === false);
}
