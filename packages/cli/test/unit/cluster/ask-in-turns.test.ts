import type { TargetId } from '@pulsekeeper/model';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { askInTurns } from '../../../src/cluster/ask-in-turns.ts';
import type { ClusterPicture } from '../../../src/cluster/cluster-picture.ts';
import { doubtfulTargets } from '../../../src/cluster/doubtful-targets.ts';
import type { StoreAnswer } from '../../../src/cluster/look-at-cluster.ts';
import { CliError } from '../../../src/errors.ts';
import { id, lastReport } from '../../support/model-builders.ts';

const NOW_MS = 1_000_000;
const IDS = [id('a/1'), id('a/2'), id('b/1')];
const AWAY = new CliError('Unreachable', 'away');

describe('doubtfulTargets', () => {
  const cases: readonly (readonly [what: string, report: ReturnType<typeof lastReport> | undefined, boolean])[] = [
    ['is fresh and up', lastReport(NOW_MS - 10_000), false],
    ['is as old as it may be', lastReport(NOW_MS - 35_000), false],
    ['is older than that', lastReport(NOW_MS - 35_001), true],
    ['says down', lastReport(NOW_MS - 10_000, { up: false }), true],
    ['says that the target left', lastReport(NOW_MS - 10_000, {}, { endedMs: NOW_MS }), true],
    ['is missing', undefined, true],
  ];
  for (const [what, report, isDoubtful] of cases) {
    it(`${isDoubtful ? 'holds' : 'leaves out'} a target whose latest record ${what}`, () => {
      const reports = new Map(report === undefined ? [] : [[id('a/1'), report]]);
      expect(doubtfulTargets([id('a/1')], reports, NOW_MS)).to.have.length(isDoubtful ? 1 : 0);
    });
  }
});

describe('askInTurns', () => {
  it('reads the registrations of those targets alone that are not simply up', async () => {
    const { registry } = await ask(() => Promise.resolve(answer('a/1', 'b/1')));
    expect(registry).to.deep.equal({ ok: true, value: picture([id('a/2')]) });
  });

  it('reads all of them while the store is away', async () => {
    const answers = await ask(() => Promise.reject(AWAY));
    expect(answers.registry).to.deep.equal({ ok: true, value: picture(IDS) });
    expect(answers.store.ok).to.equal(false);
  });

  it('asks the store for nothing in particular while ZooKeeper is away', async () => {
    const asked: unknown[] = [];
    const { registry, store } = await askInTurns({
      readPicture: () => Promise.reject(AWAY),
      askStore: async (ids) => {
        asked.push(await ids());
        return answer();
      },
      doubtfulOf,
    });
    expect([registry.ok, store.ok, asked]).to.deep.equal([false, true, [[]]]);
  });

  it('reads all of them without waiting for the store where nothing is left out', async () => {
    let isRead = false;
    const { registry, store } = await askInTurns({
      readPicture: async (select) => {
        const read = picture([...((await select?.(IDS)) ?? [])]);
        isRead = true;
        return read;
      },
      askStore: async (ids) => {
        await ids();
        await eventually(() => expect(isRead).to.equal(true));
        return answer();
      },
    });
    expect(registry).to.deep.equal({ ok: true, value: picture(IDS) });
    expect(store.ok).to.equal(true);
  });

  it('throws what is no outage, of either', async () => {
    const wrong = new CliError('Refused', 'wrong password');
    expect(await ask(() => Promise.reject(wrong)).catch((error: unknown) => error)).to.equal(wrong);
    const ports = { readPicture: () => Promise.reject(wrong), askStore: () => Promise.resolve(answer()), doubtfulOf };
    expect(await askInTurns(ports).catch((error: unknown) => error)).to.equal(wrong);
  });

  function ask(askStore: () => Promise<StoreAnswer>): ReturnType<typeof askInTurns> {
    return askInTurns({
      readPicture: async (select) => picture([...((await select?.(IDS)) ?? [])]),
      askStore: async (ids) => {
        await ids();
        return askStore();
      },
      doubtfulOf,
    });
  }

  function doubtfulOf(ids: readonly TargetId[], { reports }: StoreAnswer): TargetId[] {
    return doubtfulTargets(ids, reports, NOW_MS);
  }

  function answer(...up: readonly string[]): StoreAnswer {
    const reports = new Map(up.map((text) => [id(text), lastReport(NOW_MS - 1000)]));
    return { reports, heartbeats: [], servers: [] };
  }

  /** Only what was read matters here. */
  function picture(read: readonly (typeof IDS)[number][]): ClusterPicture {
    return {
      ids: read,
      places: new Map(),
      targets: [],
      services: [],
      sources: new Map(),
      collectors: new Map(),
      problems: [],
    };
  }
});
