import { registerCleanup } from './cleanup-registry.ts';
import { childProgramArgs } from './child-program.ts';
import { TestSupportError } from './errors.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import type { LedgerBehaviour, LedgerPage } from './ledger-behaviour.ts';
import { loopbackAddress } from './loopback-address.ts';
import type { NetworkLink } from './network-link.ts';
import { ServerProcess } from './server-process.ts';

/** How many targets that write down each scrape, and how large their bodies are. */
export interface LedgerTargetsOptions {
  /** @defaultValue 1 */
  count?: number | undefined;
  /** Series in each body; the first three are `ledger_target`, `ledger_scrapes_total`, `ledger_served_milliseconds`. @defaultValue 3 */
  series?: number | undefined;
  /**
   * Whether each target also answers on an address of its own. Thousands of them leave too few open files for as many
   * connections. @defaultValue true
   */
  hasOwnAddresses?: boolean | undefined;
  /** Puts them at the far end of a link, without addresses of their own. @defaultValue they are on loopback */
  link?: Pick<NetworkLink, 'address' | 'commandAtFarEnd'> | undefined;
}

/** One target of the ledger, as a registration needs it. */
export interface LedgerTarget {
  readonly index: number;
  /** `host:port` of its own loopback address, with path `/metrics`; only where targets have such. */
  readonly ownAddress: string;
  /** `127.0.0.1:port`, or that of the link's far end; shared by all, with {@link LedgerTarget.path}. */
  readonly address: string;
  /** `/t/<index>/metrics`. */
  readonly path: string;
}

/** Targets in one process of their own that write down every request and misbehave on demand. */
export interface LedgerTargets extends AsyncDisposable {
  readonly targets: readonly LedgerTarget[];
  readonly pid: number;
  /** All pages, by index. */
  ledger(): Promise<LedgerPage[]>;
  /** One target's page. */
  page(index: number): Promise<LedgerPage>;
  /** Sets what a target (or, without `index`, every target) does from its next request on. */
  behave(behaviour: LedgerBehaviour, index?: number): Promise<void>;
  /** Stops the whole process in its tracks. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts the targets. The ledger is the truth on what was scraped: compare it with what the store holds. */
export async function startLedgerTargets(options: LedgerTargetsOptions = {}): Promise<LedgerTargets> {
  const { count = 1, series = 3, link, hasOwnAddresses = link === undefined } = options;
  const host = link?.address ?? '127.0.0.1';
  return retryOnBindFailure(async () => {
    const port = await freePort();
    const settings = JSON.stringify({ count, series, host, port, hasOwnAddresses });
    const program = { command: process.execPath, args: [...childProgramArgs('ledger-targets-process'), settings] };
    const server = await ServerProcess.start({
      name: `ledger targets :${port}`,
      ...(link?.commandAtFarEnd(program.command, program.args) ?? program),
      isReady: ({ output }) => output.includes('ready'),
    });
    const stop = async (): Promise<void> => {
      unregister();
      await server.kill('SIGKILL');
    };
    const unregister = registerCleanup({ name: server.name, run: stop, logTail: () => server.log.tail() });
    const ask = async (path: string, init?: RequestInit): Promise<LedgerPage[]> =>
      (await (await fetch(`http://${host}:${port}${path}`, init)).json()) as LedgerPage[];
    return {
      targets: Array.from({ length: count }, (_, index) => ({
        index,
        ownAddress: `${loopbackAddress(2, index)}:${port}`,
        address: `${host}:${port}`,
        path: `/t/${index}/metrics`,
      })),
      pid: server.pid,
      ledger: () => ask('/ledger'),
      page: async (index) => {
        const [page] = await ask(`/ledger/${index}`);
        if (page === undefined) throw new TestSupportError('CommandFailed', `there is no ledger target ${index}`);
        return page;
      },
      behave: async (behaviour, index) => {
        const path = index === undefined ? '/behaviour' : `/t/${index}/behaviour`;
        await ask(path, { method: 'POST', body: JSON.stringify(behaviour) });
      },
      freeze: () => server.freeze(),
      thaw: () => server.thaw(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  });
}
