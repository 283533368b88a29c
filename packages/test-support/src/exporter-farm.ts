import { registerCleanup } from './cleanup-registry.ts';
import { childProgramArgs } from './child-program.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import { loopbackAddress } from './loopback-address.ts';
import { ServerProcess } from './server-process.ts';

/** What the farm looks like. */
export interface ExporterFarmOptions {
  /** How many targets, each on its own loopback address. @defaultValue 10 */
  targets?: number | undefined;
  /** Series that each target exposes. @defaultValue 100 */
  series?: number | undefined;
  /** Kinds of process; target `i` is of kind `i % shapes`. @defaultValue 4 */
  shapes?: number | undefined;
  /** Successive states of each kind, after which it starts over. @defaultValue 16 */
  variants?: number | undefined;
  /** The same seed gives the same bytes. @defaultValue 1 */
  seed?: number | undefined;
  /** Whether it compresses for scrapers that accept gzip. @defaultValue false */
  gzip?: boolean | undefined;
}

/** What the farm has served so far. */
export interface ExporterFarmStats {
  scrapes: number;
  samples: number;
  bytes: number;
  gzipScrapes: number;
  connections: number;
  /** The share of values that differ from one body to the next, 0…1. */
  changedFraction: number;
  /** Processor time of the farm itself, in microseconds. */
  cpuMicros: number;
}

/** Many Prometheus targets in one process of their own. */
export interface ExporterFarm extends AsyncDisposable {
  /** `host:port` of each target; the path is `/metrics`. */
  readonly addresses: readonly string[];
  /** `http://127.0.0.1:<port>`, with `/targets` and `/stats`. */
  readonly controlUrl: string;
  readonly pid: number;
  stats(): Promise<ExporterFarmStats>;
  stop(): Promise<void>;
}

/** Starts a farm. Rendering takes about a second for a million series × variants. */
export async function startExporterFarm(options: ExporterFarmOptions = {}): Promise<ExporterFarm> {
  const { targets = 10, series = 100, shapes = 4, variants = 16, seed = 1, gzip = false } = options;
  return retryOnBindFailure(async () => {
    const port = await freePort();
    const settings = JSON.stringify({ targets, series, shapes, variants, seed, gzip, port });
    const server = await ServerProcess.start({
      name: `exporter farm :${port}`,
      command: process.execPath,
      args: [...childProgramArgs('exporter-farm-process'), settings],
      isReady: ({ output }) => output.includes('ready'),
      readyTimeoutMs: 120_000,
    });
    const stop = async (): Promise<void> => {
      unregister();
      await server.kill('SIGKILL');
    };
    const unregister = registerCleanup({ name: server.name, run: stop, logTail: () => server.log.tail() });
    const controlUrl = `http://127.0.0.1:${port}`;
    return {
      addresses: Array.from({ length: targets }, (_, index) => `${loopbackAddress(1, index)}:${port}`),
      controlUrl,
      pid: server.pid,
      stats: async () => (await (await fetch(`${controlUrl}/stats`)).json()) as ExporterFarmStats,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  });
}
