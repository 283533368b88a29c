import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findExecutable, freePort, ServerProcess } from '@pulsekeeper/test-support';

import { readMetrics, type MetricsPage } from './metrics-page.ts';
import type { ScrapeCounts, ScrapeSystem } from './scrape-system.ts';

/** The peers that can be run, by the name of the binary. Debian's packages `prometheus` and `victoria-metrics` have them. */
export const PEERS = ['prometheus', 'vmagent', 'victoria-metrics'] as const;

/** One of {@link PEERS}. */
export type Peer = (typeof PEERS)[number];

/** Whether the binary is on the `PATH`. */
export function hasPeer(peer: Peer): boolean {
  return findExecutable(peer) !== undefined;
}

/** A peer with a folder of its own, which scrapes what its target file names, each second. */
export class PeerSystem implements ScrapeSystem {
  readonly name: Peer;
  readonly processes: ReadonlyMap<string, number>;
  /** Where its interface is, without a path. */
  readonly url: string;
  readonly #folder: string;
  readonly #process: ServerProcess;
  readonly #sink: Server | undefined;

  private constructor(name: Peer, folder: string, port: number, process: ServerProcess, sink: Server | undefined) {
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#process = process;
    this.#sink = sink;
    this.processes = new Map([[name, process.pid]]);
  }

  /**
   * @param launcher - Put before the command, such as `['taskset', '-c', '0']`.
   * @param furtherArgs - Put behind its arguments.
   */
  static async start(
    name: Peer,
    launcher: readonly string[] = [],
    furtherArgs: readonly string[] = [],
  ): Promise<PeerSystem> {
    const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
    const port = await freePort();
    const config = join(folder, 'scrape.yml');
    writeFileSync(join(folder, 'targets.json'), '[]');
    writeFileSync(config, scrapeConfig(join(folder, 'targets.json')));
    const sink = name === 'vmagent' ? await startSink() : undefined;
    const sinkPort = (sink?.address() as AddressInfo | undefined)?.port;
    const args = [...peerArgs(name, { folder, config, port, sinkPort }), ...furtherArgs];
    const command = [...launcher, findExecutable(name) ?? name, ...args];
    const process = await ServerProcess.start({
      name,
      command: command[0] ?? name,
      args: command.slice(1),
      isReady: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).ok,
    });
    return new PeerSystem(name, folder, port, process, sink);
  }

  /** Where it keeps what it has read. */
  get dataFolder(): string {
    return join(this.#folder, 'data');
  }

  setTargets(addresses: readonly string[]): Promise<void> {
    const path = join(this.#folder, 'targets.json');
    writeFileSync(`${path}.new`, JSON.stringify([{ targets: addresses }]));
    renameSync(`${path}.new`, path);
    return Promise.resolve();
  }

  async counts(): Promise<ScrapeCounts> {
    const page = await readMetrics(`${this.url}/metrics`);
    return this.name === 'prometheus' ? prometheusCounts(page) : victoriaCounts(page);
  }

  logTail(): string {
    return this.#process.log.tail();
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  async stop(): Promise<void> {
    await this.#process.kill('SIGKILL');
    this.#sink?.closeAllConnections();
    this.#sink?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function scrapeConfig(targetsPath: string): string {
  return [
    'global: { scrape_interval: 1s, scrape_timeout: 1s }',
    'scrape_configs:',
    '- job_name: farm',
    '  file_sd_configs:',
    `  - files: ['${targetsPath}']`,
    '',
  ].join('\n');
}

function peerArgs(
  name: Peer,
  { folder, config, port, sinkPort }: { folder: string; config: string; port: number; sinkPort: number | undefined },
): string[] {
  if (name === 'prometheus') {
    return [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
  }
  const args = [
    `-promscrape.config=${config}`,
    '-promscrape.fileSDCheckInterval=1s',
    `-httpListenAddr=127.0.0.1:${port}`,
    '-loggerLevel=WARN',
  ];
  return name === 'vmagent'
    ? [
        ...args,
        `-remoteWrite.url=http://127.0.0.1:${sinkPort}/api/v1/write`,
        `-remoteWrite.tmpDataPath=${join(folder, 'queue')}`,
      ]
    : [...args, `-storageDataPath=${join(folder, 'data')}`, '-retentionPeriod=1d'];
}

function prometheusCounts(page: MetricsPage): ScrapeCounts {
  const lost = [...page].filter(([name]) => /^prometheus_target_scrapes_(exceeded|sample)_[a-z_]+_total$/.test(name));
  return {
    samples: page.get('prometheus_tsdb_head_samples_appended_total') ?? 0,
    lost: lost.reduce((sum, [, count]) => sum + count, 0),
  };
}

function victoriaCounts(page: MetricsPage): ScrapeCounts {
  return {
    samples: page.get('vm_promscrape_scraped_samples_sum') ?? 0,
    lost: page.get('vm_promscrape_scrapes_failed_total') ?? 0,
  };
}

/** A receiver of remote writes that throws everything away; it costs what the peer does not pay for. */
async function startSink(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return server;
}
