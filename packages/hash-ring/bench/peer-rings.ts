import { finalMix, hashText, type Hash128 } from '../src/murmur3.ts';

/** Owner of each target by index of the member, −1 for none. */
export type PeerAssign = (targets: readonly string[], members: readonly string[]) => Int32Array;

const hash: Hash128 = new Uint32Array(4);

function hashOf(text: string): number {
  hashText(text, hash);
  return hash[0] ?? 0;
}

/** Prometheus' `hashmod` relabelling and vmagent's `-promscrape.cluster`: hash modulo the number of members. */
export const hashmod: PeerAssign = (targets, members) =>
  Int32Array.from(targets, (target) => hashOf(target) % members.length);

/** Grafana Alloy's ring (ckit): 512 random tokens a member, no bound. */
export const plainRing: PeerAssign = (targets, members) => {
  const { positions, owners } = tokensOf(members, 512);
  return Int32Array.from(targets, (target) => owners[firstFrom(positions, hashOf(target))] ?? -1);
};

/**
 * The OpenTelemetry operator's target allocator (buraksezer/consistent): targets modulo 1,061 partitions; partitions on a
 * ring of 5 tokens a member, each to the first one with fewer than 1.1 times the mean number of partitions.
 */
export const partitionedRing: PeerAssign = (targets, members) => {
  const partitionCount = 1061;
  const { positions, owners } = tokensOf(members, 5);
  const most = Math.ceil((partitionCount / members.length) * 1.1);
  const loads = new Int32Array(members.length);
  const partitionOwners = Int32Array.from({ length: partitionCount }, (_, partition) => {
    let token = firstFrom(positions, finalMix(partition + 1) >>> 0);
    while ((loads[owners[token] ?? 0] ?? 0) >= most) {
      token = (token + 1) % positions.length;
    }
    const owner = owners[token] ?? 0;
    loads[owner] = (loads[owner] ?? 0) + 1;
    return owner;
  });
  return Int32Array.from(targets, (target) => partitionOwners[hashOf(target) % partitionCount] ?? -1);
};

function tokensOf(members: readonly string[], count: number): { positions: number[]; owners: number[] } {
  const tokens = members.flatMap((member, owner) =>
    Array.from({ length: count }, (_, index) => ({ position: hashOf(`${member}#${index}`), owner })),
  );
  tokens.sort((left, right) => left.position - right.position || left.owner - right.owner);
  return { positions: tokens.map(({ position }) => position), owners: tokens.map(({ owner }) => owner) };
}

function firstFrom(positions: readonly number[], position: number): number {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? 0) < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low === positions.length ? 0 : low;
}
