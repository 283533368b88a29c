import { expect } from 'chai';
import type { RegistrantSurroundings } from '../../src/registrant-key.ts';
import { judgeStandingNode, type Claim, type Claimant } from '../../src/standing-node.ts';

const around: RegistrantSurroundings = {
  pid: 100,
  isAlive: (pid) => pid === 100 || pid === 200,
  isHeldHere: (key) => key === 'h/100/held' || key === 'own' || key === 'h/100/own',
};

const fresh: Claimant = { sessionId: 5n, formerSessionIds: new Set(), key: 'h/100/own', hasStood: false };

interface Case {
  readonly title: string;
  readonly owner: bigint;
  readonly key: string | undefined;
  readonly claimant?: Partial<Claimant>;
  readonly claim: Claim;
}

const cases: Case[] = [
  { title: 'our own node in this session', owner: 5n, key: 'h/100/own', claim: 'ours' },
  { title: 'a leftover of a closed registration in this session', owner: 5n, key: 'h/100/gone', claim: 'ours' },
  { title: 'another live registration over the same session', owner: 5n, key: 'h/100/held', claim: 'taken' },
  {
    title: 'our node of a former session',
    owner: 4n,
    key: 'h/100/own',
    claimant: { formerSessionIds: new Set([4n]), hasStood: true },
    claim: 'replace',
  },
  { title: 'a process of this host that is gone', owner: 9n, key: 'h/300/x', claim: 'replace' },
  { title: 'a process of this host that lives', owner: 9n, key: 'h/200/x', claim: 'taken' },
  { title: 'our own pid in a container that was restarted', owner: 9n, key: 'h/100/old', claim: 'replace' },
  { title: 'another live registration of this process', owner: 9n, key: 'h/100/held', claim: 'taken' },
  { title: 'the same pid on another host', owner: 9n, key: 'other/300/x', claim: 'taken' },
  { title: 'a node without a key', owner: 9n, key: undefined, claim: 'taken' },
  { title: 'a persistent node without a key', owner: 0n, key: undefined, claim: 'taken' },
  { title: 'the same opaque key, at the start', owner: 9n, key: 'own', claimant: { key: 'own' }, claim: 'replace' },
  {
    title: 'the same opaque key in a strange session, after we stood',
    owner: 9n,
    key: 'own',
    claimant: { key: 'own', hasStood: true },
    claim: 'displaced',
  },
  {
    title: 'our own pid and host in another container, after we stood',
    owner: 9n,
    key: 'h/100/other',
    claimant: { hasStood: true },
    claim: 'displaced',
  },
  {
    title: 'a process of this host that cannot be seen, after we stood',
    owner: 9n,
    key: 'h/300/x',
    claimant: { hasStood: true },
    claim: 'displaced',
  },
  { title: 'an opaque key against a structured one', owner: 9n, key: 'theirs', claim: 'taken' },
];

describe('judgeStandingNode', () => {
  for (const { title, owner, key, claimant, claim } of cases) {
    it(`says ${claim} of ${title}`, () => {
      expect(judgeStandingNode({ ownerSessionId: owner, key }, { ...fresh, ...claimant }, around)).to.equal(claim);
    });
  }
});
