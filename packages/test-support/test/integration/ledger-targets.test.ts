import { expect } from 'chai';

import { startLedgerTargets, type LedgerTargets } from '../../src/ledger-targets.ts';

describe('startLedgerTargets', function () {
  this.timeout(20_000);
  let ledger: LedgerTargets;

  before(async () => {
    ledger = await startLedgerTargets({ count: 3, series: 5 });
  });

  const scrape = (index: number, signal?: AbortSignal): Promise<Response> => {
    const { address, path } = ledger.targets[index]!;
    return fetch(`http://${address}${path}`, { signal: signal ?? null });
  };

  it('serves values that name the target, the scrape and its time, and writes each down', async () => {
    const before = Date.now();
    await scrape(0);
    const own = await fetch(`http://${ledger.targets[0]!.ownAddress}/metrics`);
    const lines = (await own.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const page = await ledger.page(0);
    expect(page.served).to.equal(2);
    expect(page.entries.map(({ outcome, number }) => [outcome, number])).to.deep.equal([
      ['served', 1],
      ['served', 2],
    ]);
    expect(page.entries[0]!.ms).to.be.within(before, Date.now());
    expect(lines).to.deep.equal([
      'ledger_target 0',
      'ledger_scrapes_total 2',
      `ledger_served_milliseconds ${page.entries[1]!.ms}`,
      'ledger_filler{index="3"} 2003',
      'ledger_filler{index="4"} 2004',
    ]);
  });

  it('answers a status with Retry-After for as many times as told', async () => {
    await ledger.behave({ kind: 'status', status: 503, retryAfterSeconds: 1, times: 2 }, 1);
    const answers = [await scrape(1), await scrape(1), await scrape(1)];
    expect(answers.map(({ status }) => status)).to.deep.equal([503, 503, 200]);
    expect(answers[0]!.headers.get('retry-after')).to.equal('1');
    expect((await ledger.page(1)).served).to.equal(1);
  });

  it('hangs and resets on demand', async () => {
    await ledger.behave({ kind: 'hang', times: 1 }, 2);
    expect(await scrape(2, AbortSignal.timeout(50)).catch((error: unknown) => error)).to.have.property(
      'name',
      'TimeoutError',
    );
    await ledger.behave({ kind: 'reset', times: 1 }, 2);
    expect(await scrape(2).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    const { entries } = (await ledger.ledger())[2]!;
    expect(entries.map(({ outcome }) => outcome)).to.deep.equal(['hang', 'reset']);
  });
});
