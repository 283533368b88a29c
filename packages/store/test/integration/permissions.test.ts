import { expect } from 'chai';
import { parseSelector } from '@pulsekeeper/model';
import { requireServers, startRedis, startRedisCluster, type RedisServer } from '@pulsekeeper/test-support';
import { readFileSync } from 'node:fs';
import { openStore, type CollectorStatus } from '../../src/index.ts';
import { Ledger } from './ledger.ts';
import { collect, startStore } from './store-support.ts';

const document = readFileSync(new URL('../../../../docs/redis-layout.md', import.meta.url), 'utf8');

/** The commands of a role, as the document lists them, as arguments of `ACL SETUSER`. */
function rulesOf(role: string): string[] {
  const row = document.split('\n').find((line) => line.startsWith(`| ${role} `));
  const [, commands = ''] = /`([^`]+)`/.exec(row ?? '') ?? [];
  expect(commands, role).not.to.equal('');
  return commands.split(' ').map((command) => `+${command.replace('\\|', '|').toLowerCase()}`);
}

async function addUser(redis: Pick<RedisServer, 'cli'>, name: string, rules: readonly string[]): Promise<void> {
  await redis.cli('ACL', 'SETUSER', name, 'on', '>s3cret', 'resetkeys', '~pulsekeeper:*', '-@all', ...rules);
}

describe('store with the permissions that docs/redis-layout.md lists', () => {
  before(() => requireServers());

  it('writes as the writer, and reads as the reader, who cannot write', async () => {
    const redis = await startRedis();
    await addUser(redis, 'writer', rulesOf('writer'));
    await addUser(redis, 'reader', rulesOf('reader'));
    const as = (user: string): string => redis.url.replace('//', `//${user}:s3cret@`);
    const writing = await startStore({ url: as('writer') });
    const ledger = new Ledger(writing);
    ledger.append(3);
    await ledger.expectAll();
    expect((await writing.writer.lastSlots(ledger.ids)).size).to.equal(3);
    expect((await writing.reader.lastReports(ledger.ids)).size).to.equal(3);
    await writing.publishCollectorStatus('c1', { id: 'c1' } as CollectorStatus, 10_000);
    expect(await writing.readServerTime()).to.be.greaterThan(0);
    expect(writing.health().errors).to.deep.equal({});

    const reading = openStore({ url: as('reader'), stopTimeoutMs: 50 });
    await reading.start();
    expect(await collect(reading.reader.select(parseSelector('a'), 0, Number.MAX_SAFE_INTEGER))).to.have.length(3);
    expect(await reading.reader.labelValues('x')).to.deep.equal(['1', '2']);
    expect(await collect(reading.reader.slots(ledger.ids[0]!, 0, Number.MAX_SAFE_INTEGER))).to.have.length(3);
    const pages = await collect(reading.reader.outcomes(ledger.ids, Date.now(), Date.now(), { withBefore: true }));
    expect(pages.flatMap(({ outcomes }) => outcomes)).to.have.length(3);
    expect((await reading.reader.lastReports(ledger.ids)).size).to.equal(3);
    expect(await reading.readCollectorStatuses()).to.have.length(1);
    expect(await reading.inspectServer()).to.have.length(1);
    const refused = new Ledger(reading);
    refused.append(1);
    const error: unknown = await reading
      .publishCollectorStatus('c2', { id: 'c2' } as CollectorStatus, 1)
      .catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'Refused' });
    await reading.stop();
  });

  it('writes to a cluster', async () => {
    const cluster = await startRedisCluster();
    for (const node of cluster.primaries) {
      await addUser(node, 'writer', [...rulesOf('writer'), ...rulesOf('either, of a cluster')]);
    }
    const ledger = new Ledger(await startStore({ url: cluster.url.replace('//', '//writer:s3cret@') }));
    ledger.append(3);
    await ledger.expectAll();
  }).timeout(60_000);
});
