import { expect } from 'chai';
import fc from 'fast-check';
import { assign, MAX_CAPACITY, MIN_CAPACITY, movedTargets, type RingMember } from '../../src/index.ts';
import { countMoved, mean, memberNames, targetNames } from './cluster.ts';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

const memberSet = fc.uniqueArray(
  fc.record({ id: fc.string({ unit: 'binary' }), capacity: fc.constantFrom(undefined, 0.5, 1, 2, 4) }),
  { selector: ({ id }) => id, maxLength: 8 },
);
const targetSet = fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 200 });
const FEW_TOKENS = { tokensPerMember: 16 };

describe('assign', () => {
  it('gives every target exactly one owner, and tells the same from every side', () => {
    const targets = targetNames(500, 1);
    const assignment = assign(targets, memberNames(7, 1));
    expect(assignment).to.include({ size: 500, ranks: 1 });
    const seen = new Set<string>();
    for (const member of assignment.members) {
      const owned = assignment.targetsOf(member);
      expect(owned).to.deep.equal([...owned].sort());
      expect(assignment.loadOf(member)).to.equal(owned.length);
      for (const target of owned) {
        expect(assignment.ownersOf(target)).to.deep.equal([member]);
        expect(assignment.rank(target, member)).to.equal(0);
        expect(seen.has(target)).to.equal(false);
        seen.add(target);
      }
    }
    expect(seen.size).to.equal(500);
  });

  it('never changes: collectors of different releases must agree', () => {
    const assignment = assign(targetNames(10, 0), memberNames(3, 0), { replication: 2 });
    expect(
      targetNames(10, 0).map((target) =>
        assignment
          .ownersOf(target)
          .map((id) => id.at(-1))
          .join(''),
      ),
    ).to.deep.equal(['01', '10', '12', '02', '20', '02', '21', '20', '01', '20']);
    expect(assignment.version).to.equal('847b7e7e6bd1bb49');
  });

  it('takes no targets, no members, and one member', () => {
    const none = assign([], []);
    expect(none).to.include({ size: 0, ranks: 0 });
    expect(none.members).to.deep.equal([]);
    expect(none.ownersOf('a/b')).to.deep.equal([]);
    const idle = assign([], [{ id: 'c' }]);
    expect(idle.targetsOf('c')).to.deep.equal([]);
    expect(idle.loadOf('c')).to.equal(0);
    const orphans = assign(['a/b'], []);
    expect(orphans.size).to.equal(1);
    expect(orphans.ownersOf('a/b')).to.deep.equal([]);
    const single = assign(['a/b', 'a/c'], [{ id: 'c' }], { replication: 3 });
    expect(single.ownersOf('a/b')).to.deep.equal(['c']);
    expect(single.targetsOf('c')).to.deep.equal(['a/b', 'a/c']);
  });

  it('knows nothing of targets and members that it was not given', () => {
    const assignment = assign(['a/b'], [{ id: 'c' }]);
    expect(assignment.ownersOf('x/y')).to.deep.equal([]);
    expect(assignment.rank('x/y', 'c')).to.equal(-1);
    expect(assignment.rank('a/b', 'x')).to.equal(-1);
    expect(assignment.targetsOf('x')).to.deep.equal([]);
    expect(assignment.loadOf('x')).to.equal(0);
    expect(assignment.boundOf('x')).to.equal(0);
  });

  it('is a function of the sets: neither order nor repetition matters', () => {
    fc.assert(
      fc.property(targetSet, memberSet, fc.integer({ min: 1, max: 3 }), (targets, members, replication) => {
        const options = { ...FEW_TOKENS, replication };
        const one = assign(targets, members, options);
        const other = assign([...targets, ...targets].reverse(), new Set([...members].reverse()), options);
        expect(other.version).to.equal(one.version);
        expect(other.size).to.equal(one.size);
        for (const target of targets) {
          expect(other.ownersOf(target)).to.deep.equal(one.ownersOf(target));
        }
        for (const { id } of members) {
          expect(other.targetsOf(id)).to.deep.equal(one.targetsOf(id));
        }
      }),
    );
  });

  it('names every input by its version', () => {
    const members: RingMember[] = [{ id: 'a' }, { id: 'b' }];
    const versions = [
      assign(['x', 'y'], members),
      assign(['x'], members),
      assign(['x', 'z'], members),
      assign(['x', 'y'], [{ id: 'a' }]),
      assign(['x', 'y'], [{ id: 'a' }, { id: 'b', capacity: 2 }]),
      assign(['x', 'y'], members, { replication: 2 }),
      assign(['x', 'y'], members, { loadFactor: 0.1 }),
      assign(['x', 'y'], members, { tokensPerMember: 100 }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).to.equal(versions.length);
    expect(versions.every((version) => /^[0-9a-f]{16}$/.test(version))).to.equal(true);
    expect(assign(['x', 'y'], [{ id: 'a', capacity: 1 }, { id: 'b' }]).version).to.equal(versions[0]);
  });

  const wrong: readonly [string, () => unknown, typeof Error][] = [
    ['capacity 0', () => assign([], [{ id: 'a', capacity: 0 }]), RangeError],
    ['capacity NaN', () => assign([], [{ id: 'a', capacity: NaN }]), RangeError],
    ['a negative capacity', () => assign([], [{ id: 'a', capacity: -1 }]), RangeError],
    ['an infinite capacity', () => assign([], [{ id: 'a', capacity: Infinity }]), RangeError],
    ['two capacities', () => assign([], [{ id: 'a', capacity: 2 }, { id: 'a' }]), TypeError],
    ['no tokens', () => assign([], [], { tokensPerMember: 0 }), RangeError],
    ['too many tokens', () => assign([], [], { tokensPerMember: 1e6 }), RangeError],
    ['a negative load factor', () => assign([], [], { loadFactor: -0.1 }), RangeError],
    ['an infinite load factor', () => assign([], [], { loadFactor: Infinity }), RangeError],
    ['replication 0', () => assign([], [], { replication: 0 }), RangeError],
    ['replication 1.5', () => assign([], [], { replication: 1.5 }), RangeError],
  ];
  for (const [title, call, error] of wrong) {
    it(`refuses ${title}`, () => {
      expect(call).to.throw(error);
    });
  }
});

describe('balance', () => {
  it('never goes over the bound, for any sets, capacities and load factor', () => {
    const loadFactor = fc.constantFrom(0, 0.01, 0.05, 0.25, 1);
    fc.assert(
      fc.property(targetSet, memberSet, loadFactor, (targets, members, epsilon) => {
        const assignment = assign(targets, members, { ...FEW_TOKENS, loadFactor: epsilon });
        const capacityOfAll = members.reduce((sum, { capacity = 1 }) => sum + capacity, 0);
        for (const { id, capacity = 1 } of members) {
          const share = (targets.length * capacity) / capacityOfAll;
          expect(assignment.loadOf(id)).to.be.at.most(assignment.boundOf(id));
          expect(assignment.boundOf(id)).to.be.at.most(Math.ceil((1 + epsilon) * share - 1e-9));
        }
      }),
    );
  });

  for (const [members, targets] of [
    [3, 1000],
    [10, 1000],
    [10, 1001],
    [7, 1003],
    [10, 10_000],
    [50, 10_000],
  ] as const) {
    it(`gives nobody more than 1.05 times the mean, ${targets} targets on ${members} members`, () => {
      for (const seed of SEEDS) {
        const assignment = assign(targetNames(targets, seed), memberNames(members, seed));
        const greatest = Math.max(...assignment.members.map((member) => assignment.loadOf(member)));
        expect(greatest / (targets / members)).to.be.at.most(1.05);
      }
    });
  }

  it('holds per unit of capacity with capacities 1:2:4', () => {
    for (const seed of SEEDS) {
      const capacities = [1, 2, 4, 1, 2, 4];
      const members = memberNames(6, seed).map((member, index) => ({ ...member, capacity: capacities[index]! }));
      const assignment = assign(targetNames(7000, seed), members);
      for (const { id, capacity } of members) {
        expect(assignment.loadOf(id) / (500 * capacity)).to.be.within(0.85, 1.05);
      }
    }
  });

  it('works at the ends of the range of capacities', () => {
    const assignment = assign(targetNames(1000, 1), [
      { id: 'small', capacity: MIN_CAPACITY },
      { id: 'large', capacity: MAX_CAPACITY },
    ]);
    expect(assignment.loadOf('small')).to.be.at.most(1);
  });

  it('clamps capacities, so that an odd record stops nobody', () => {
    const odd = assign(targetNames(100, 1), [
      { id: 'a', capacity: 1e9 },
      { id: 'b', capacity: 1e-9 },
    ]);
    const even = assign(targetNames(100, 1), [
      { id: 'a', capacity: MAX_CAPACITY },
      { id: 'b', capacity: MIN_CAPACITY },
    ]);
    expect(odd.version).to.equal(even.version);
    expect(movedTargets(odd, even)).to.deep.equal([]);
  });

  it('keeps the ring within bounds when every member asks for the greatest capacity', () => {
    const members = memberNames(50, 1).map((member) => ({ ...member, capacity: MAX_CAPACITY }));
    const assignment = assign(targetNames(1000, 1), members);
    expect(Math.max(...assignment.members.map((member) => assignment.loadOf(member)))).to.be.at.most(21);
  });
});

describe('movement', () => {
  // The benchmark has twenty seeds for each; here few where they take long.
  for (const [members, targets, most, seeds] of [
    [3, 1000, 1.1, 20],
    [10, 1000, 1.15, 20],
    [10, 10_000, 1.05, 8],
    [50, 10_000, 1.25, 8],
  ] as const) {
    it(`is at most ${most} times the least possible when one of ${members} members comes or goes, ${targets} targets`, () => {
      const joins: number[] = [];
      const leaves: number[] = [];
      for (const seed of SEEDS.slice(0, seeds)) {
        const names = targetNames(targets, seed);
        const before = assign(names, memberNames(members, seed));
        const more = assign(names, memberNames(members + 1, seed));
        const fewer = assign(names, memberNames(members, seed).slice(1));
        joins.push(countMoved(names, before, more) / (targets / (members + 1)));
        leaves.push(countMoved(names, before, fewer) / (targets / members));
      }
      expect(mean(joins)).to.be.at.most(most);
      expect(mean(leaves)).to.be.at.most(most);
    });
  }

  for (const targets of [1000, 10_000]) {
    it(`is about one other target when one of ${targets} comes or goes, even where the bound steps`, () => {
      const others: number[] = [];
      for (const seed of SEEDS.slice(0, 10)) {
        const names = targetNames(targets, seed);
        const members = memberNames(targets / 200, seed);
        const all = assign(names, members);
        for (const gone of [0, targets - 1]) {
          const rest = names.toSpliced(gone, 1);
          others.push(countMoved(rest, all, assign(rest, members)));
        }
      }
      expect(mean(others)).to.be.at.most(2);
      expect(Math.max(...others)).to.be.at.most(10);
    });
  }

  it('is only from the member that leaves while nobody is near the bound', () => {
    const names = targetNames(2000, 1);
    const before = assign(names, memberNames(4, 1), { loadFactor: 1 });
    const after = assign(names, memberNames(4, 1).slice(1), { loadFactor: 1 });
    const moved = movedTargets(before, after);
    expect(moved).to.have.length(before.loadOf('collector-1-0'));
    expect(moved.every(({ from }) => from === 'collector-1-0')).to.equal(true);
  });

  it('comes with the capacity: a member that grows only gains', () => {
    const names = targetNames(2000, 1);
    const [first, ...rest] = memberNames(4, 1);
    const before = assign(names, [first!, ...rest], { loadFactor: 1 });
    const after = assign(names, [{ id: first!.id, capacity: 2 }, ...rest], { loadFactor: 1 });
    expect(after.loadOf(first!.id)).to.be.greaterThan(before.loadOf(first!.id) * 1.4);
    expect(movedTargets(before, after).every(({ to }) => to === first!.id)).to.equal(true);
  });
});

describe('replication', () => {
  it('gives each target as many distinct owners as there can be, for any sets', () => {
    fc.assert(
      fc.property(targetSet, memberSet, fc.integer({ min: 1, max: 10 }), (targets, members, replication) => {
        const assignment = assign(targets, members, { ...FEW_TOKENS, replication });
        const expected = Math.min(replication, members.length);
        expect(assignment.ranks).to.equal(expected);
        for (const target of targets) {
          const owners = assignment.ownersOf(target);
          expect(new Set(owners).size).to.equal(expected);
          expect(owners).to.have.length(expected);
          owners.forEach((owner, rank) => expect(assignment.rank(target, owner)).to.equal(rank));
        }
        const total = members.reduce((sum, { id }) => sum + assignment.loadOf(id), 0);
        expect(total).to.equal(targets.length * expected);
      }),
    );
  });

  it('leaves the first owners as they are without it', () => {
    const names = targetNames(1000, 2);
    const alone = assign(names, memberNames(5, 2));
    const threefold = assign(names, memberNames(5, 2), { replication: 3 });
    expect(movedTargets(alone, threefold)).to.deep.equal([]);
  });

  it('keeps the bound at every rank among equal members', () => {
    for (const seed of SEEDS) {
      const assignment = assign(targetNames(2000, seed), memberNames(8, seed), { replication: 3 });
      for (const member of assignment.members) {
        for (const rank of [0, 1, 2]) {
          expect(assignment.loadOf(member, rank)).to.be.at.most(assignment.boundOf(member));
          expect(assignment.targetsOf(member, rank)).to.have.length(assignment.loadOf(member, rank));
        }
      }
    }
  });

  it('mostly makes the second owner the first when the first is gone', () => {
    const names = targetNames(2000, 3);
    const before = assign(names, memberNames(8, 3), { replication: 2 });
    const [gone] = memberNames(1, 3);
    const after = assign(names, memberNames(8, 3).slice(1), { replication: 2 });
    const orphans = before.targetsOf(gone!.id, 0);
    const inherited = orphans.filter((target) => after.ownersOf(target)[0] === before.ownersOf(target)[1]);
    expect(inherited.length / orphans.length).to.be.greaterThan(0.85);
  });
});

describe('movedTargets', () => {
  it('lists what comes, goes and changes hands', () => {
    const before = assign(['a', 'b'], [{ id: 'x' }]);
    const after = assign(['b', 'c'], [{ id: 'y' }]);
    expect(movedTargets(before, after)).to.deep.equal([
      { target: 'a', from: 'x', to: undefined },
      { target: 'b', from: 'x', to: 'y' },
      { target: 'c', from: undefined, to: 'y' },
    ]);
    expect(movedTargets(after, after)).to.deep.equal([]);
    expect(movedTargets(after, assign(['b', 'c'], []))).to.have.length(2);
  });
});
