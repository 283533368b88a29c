import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

import { registerCleanup } from './cleanup-registry.ts';
import { TestSupportError } from './errors.ts';
import { findExecutable } from './require-servers.ts';
import { ServerProcess } from './server-process.ts';

/** What becomes of the packets of a {@link NetworkLink}, in each direction. */
export interface NetworkImpairment {
  /** Share of the packets that are lost, in whole percent. @defaultValue 0 */
  readonly lossPercent?: number | undefined;
  /** How much it carries; what comes faster waits for 200 ms and is lost then. @defaultValue as much as the machine can */
  readonly bitsPerSecond?: number | undefined;
}

/** Where they are not in `PATH`, Debian's packages are iproute2, nftables and util-linux. */
const PROGRAMS = ['ip', 'tc', 'nft', 'unshare', 'nsenter'];
/** The beginning of 198.18.0.0/15, which is reserved for trials of networks (RFC 2544). */
const NETWORK = '198.18';

/**
 * A link to a far end on this machine, of real packets: the far end is a network namespace, and so is the router between it and
 * this one, which loses packets and holds them up as it is told. All of it goes with the two processes that hold the namespaces.
 *
 * ```text
 * here  198.18.n.1 ── 198.18.n.2  router  198.18.n.5 ── 198.18.n.6  far end
 * ```
 */
export class NetworkLink {
  /** The far end's: to be listened on there, and connected to from here. */
  readonly address: string;
  readonly #router: ServerProcess;
  readonly #far: ServerProcess;

  private constructor(address: string, router: ServerProcess, far: ServerProcess) {
    this.address = address;
    this.#router = router;
    this.#far = far;
    registerCleanup({ name: `link to ${address}`, run: () => this.stop() });
  }

  /** What this machine lacks for such a link, a program or the right to make one; undefined when nothing. */
  static whatIsMissing(): string | undefined {
    const missing = PROGRAMS.filter((name) => findExecutable(name) === undefined);
    if (missing.length > 0) return missing.join(', ');
    const { status } = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'probe', 'type', 'veth']);
    return status === 0 ? undefined : 'the right to make network namespaces';
  }

  /** Makes a link that carries everything. @throws TestSupportError `CommandFailed`. */
  static async start(): Promise<NetworkLink> {
    const subnet = freeSubnet();
    const [router, far] = await Promise.all([holdNamespace('router'), holdNamespace('far end')]);
    const link = new NetworkLink(`${subnet}.6`, router, far);
    const near = `pk-test-${subnet.split('.')[2] ?? ''}`;
    run([
      `ip link add ${near} type veth peer name to-near netns ${router.pid}`,
      `ip addr add ${subnet}.1/30 dev ${near}`,
      `ip link set ${near} up`,
      `ip route add ${subnet}.4/30 via ${subnet}.2`,
    ]);
    runIn(router, [
      `ip addr add ${subnet}.2/30 dev to-near`,
      'ip link set to-near up',
      `ip link add to-far type veth peer name near netns ${far.pid}`,
      `ip addr add ${subnet}.5/30 dev to-far`,
      'ip link set to-far up',
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
    ]);
    runIn(far, [`ip addr add ${subnet}.6/30 dev near`, 'ip link set near up', `ip route add default via ${subnet}.5`]);
    return link;
  }

  /** The command line that runs a program at the far end. */
  commandAtFarEnd(command: string, args: readonly string[]): { command: string; args: readonly string[] } {
    return enter(this.#far, command, args);
  }

  /** Says what becomes of the packets from now on, in place of what was said before. */
  impair({ lossPercent = 0, bitsPerSecond }: NetworkImpairment): void {
    const shaping = ['to-near', 'to-far'].flatMap((device) => [
      `tc qdisc del dev ${device} root 2> /dev/null || true`,
      ...(bitsPerSecond === undefined
        ? []
        : [`tc qdisc add dev ${device} root tbf rate ${bitsPerSecond}bit burst 4kb latency 200ms`]),
    ]);
    runIn(this.#router, [
      'nft add table ip test',
      'nft delete table ip test',
      'nft add table ip test',
      `nft add chain ip test forward '{ type filter hook forward priority 0; }'`,
      `nft add rule ip test forward numgen random mod 100 '<' ${lossPercent} counter drop`,
      ...shaping,
    ]);
  }

  /** How many packets were picked to be lost since the last {@link NetworkLink.impair}. */
  lostPackets(): number {
    const rules = runIn(this.#router, ['nft list chain ip test forward']);
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? NaN);
  }

  /** Takes the link away, and what runs at its far end off it. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all([this.#router.kill(), this.#far.kill()]);
  }
}

/** A process that does nothing in a network namespace of its own. */
async function holdNamespace(what: string): Promise<ServerProcess> {
  const own = readlinkSync('/proc/self/ns/net');
  return ServerProcess.start({
    name: `network namespace of the ${what}`,
    command: 'unshare',
    args: ['--net', 'sleep', 'infinity'],
    isReady: ({ pid }) => readlinkSync(`/proc/${pid}/ns/net`) !== own,
  });
}

function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address));
  for (let third = 0; third < 256; third += 1) {
    const subnet = `${NETWORK}.${third}`;
    if (!taken.includes(`${subnet}.1`)) return subnet;
  }
  throw new TestSupportError('CommandFailed', `no subnet of ${NETWORK}.0.0 is free`);
}

function runIn(namespace: ServerProcess, lines: readonly string[]): string {
  return run(lines, namespace);
}

/** Runs lines of shell up to the first that fails, and returns what they printed. */
function run(lines: readonly string[], namespace?: ServerProcess): string {
  const script = ['-ec', lines.join('\n')];
  const { command, args } = namespace === undefined ? { command: 'sh', args: script } : enter(namespace, 'sh', script);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new TestSupportError('CommandFailed', `${lines.join('; ')}: ${stderr}`);
  return stdout;
}

function enter(
  { pid }: ServerProcess,
  command: string,
  args: readonly string[],
): { command: string; args: readonly string[] } {
  return { command: 'nsenter', args: ['--net', '--target', `${pid}`, '--', command, ...args] };
}
