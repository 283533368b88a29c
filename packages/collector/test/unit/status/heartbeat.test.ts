import { deferred, silentLogger, type Deferred } from '@pulsekeeper/model';
import type { Store } from '@pulsekeeper/store';
import { expect } from 'chai';

import type { CollectorReport } from '../../../src/status/collector-report.ts';
import { Heartbeat } from '../../../src/status/heartbeat.ts';

describe('Heartbeat', () => {
  /** Publications in order, each with what lets the store answer. */
  let published: { samples: number; answer: Deferred<undefined> }[];
  let samples: number;
  let heartbeat: Heartbeat;

  beforeEach(() => {
    published = [];
    samples = 0;
    const publishCollectorStatus: Store['publishCollectorStatus'] = (_, status) => {
      const answer = deferred<undefined>();
      published.push({ samples: (status as unknown as CollectorReport).samples, answer });
      return answer.promise;
    };
    heartbeat = new Heartbeat({
      store: { publishCollectorStatus },
      report: () => ({ id: 'c1', samples }) as CollectorReport,
      intervalMs: 60_000,
      logger: silentLogger,
    });
  });

  afterEach(() => heartbeat.stop());

  it('publishes one report at a time', async () => {
    const first = heartbeat.publish();
    const second = heartbeat.publish();
    published[0]?.answer.resolve(undefined);
    await Promise.all([first, second]);
    expect(published).to.have.length(1);
  });

  it('says at the end what has come to pass since the report that is on its way', async () => {
    heartbeat.start();
    samples = 7;
    const last = heartbeat.publishLast();
    published[0]?.answer.resolve(undefined);
    while (published.length < 2) await new Promise(setImmediate);
    published[1]?.answer.resolve(undefined);
    await last;
    expect(published.map((one) => one.samples)).to.deep.equal([0, 7]);
  });

  it('goes on after a report that could not be published', async () => {
    const first = heartbeat.publish();
    published[0]?.answer.reject(new Error('away'));
    await first;
    const second = heartbeat.publish();
    published[1]?.answer.resolve(undefined);
    await second;
    expect(published).to.have.length(2);
  });
});
