import { startRedis, startRedisCluster } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { packArguments } from '../../src/redis/resp-writer.ts';
import { openConnection } from './open-connection.ts';

const KEY = 'pulsekeeper-test-set';

/** A command that answers with an integer a member. */
function membershipOf(members: number): Buffer {
  const args = ['SMISMEMBER', KEY, ...Array.from({ length: members }, (_, index) => `m${index}`)];
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), packArguments(args)]);
}

describe('connection that gives replies in other forms', () => {
  for (const [name, start] of [
    ['a single redis', () => startRedis()],
    ['a cluster', () => startRedisCluster(3)],
  ] as const) {
    it(`counts the integers of those replies alone for which that is wanted, from ${name}`, async () => {
      const connection = await openConnection((await start()).url);
      const bytes = membershipOf(512);
      const replies = await Promise.all([
        connection.callCounted('test', KEY, bytes),
        connection.callPacked('test', KEY, bytes),
        connection.call('EXISTS', KEY),
        connection.callCounted('test', KEY, bytes),
      ]);
      expect(replies).to.deep.equal([512, new Array(512).fill(0), 0, 512]);
      expect(connection.canGather).to.equal(!connection.isCluster);
    });
  }

  it('gives the bytes of long replies beside decoded ones, and errors as errors', async () => {
    const redis = await startRedis();
    const connection = await openConnection(redis.url);
    const text = 'x'.repeat(3_000_000);
    await connection.call('SET', KEY, text);
    const get = Buffer.concat([Buffer.from('*2\r\n'), packArguments(['GET', KEY])]);
    const [bytes, decoded, again] = await Promise.all([
      connection.callForBytes('test', KEY, get),
      connection.call('GET', KEY),
      connection.callForBytes('test', KEY, get),
    ]);
    const expected = `$${text.length}\r\n${text}\r\n`;
    expect(String(bytes) === expected && String(again) === expected && String(decoded) === text).to.equal(true);
    const wrong = Buffer.concat([Buffer.from('*2\r\n'), packArguments(['HGETALL', KEY])]);
    const failure: unknown = await connection.callForBytes('test', KEY, wrong).catch((error: unknown) => error);
    expect(String(failure)).to.contain('WRONGTYPE');
  });

  it('gives the replies to several commands as one, between others', async () => {
    const redis = await startRedis();
    const connection = await openConnection(redis.url);
    expect(connection.canGather).to.equal(true);
    const ping = Buffer.from('*1\r\n$4\r\nPING\r\n');
    const wrong = Buffer.concat([Buffer.from('*2\r\n'), packArguments(['GET', KEY])]);
    await redis.cli('sadd', KEY, 'm1');
    const outcomes = await Promise.allSettled([
      connection.callCounted('test', KEY, Buffer.concat([membershipOf(512), membershipOf(3)]), 2),
      connection.call('EXISTS', KEY),
      connection.callCounted('test', KEY, Buffer.concat([membershipOf(2), ping, membershipOf(3)]), 3),
      connection.callCounted('test', KEY, Buffer.concat([membershipOf(2), wrong, ping]), 3),
      connection.call('EXISTS', KEY),
    ]);
    const told = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason)));
    const [failure] = told.splice(3, 1);
    expect(told).to.deep.equal([515, 1, [2, Buffer.from('PONG'), 3], 1]);
    expect(failure).to.contain('WRONGTYPE');
  });

  it('counts on every connection anew, and rejects as always', async () => {
    const redis = await startRedis();
    const connection = await openConnection(redis.url);
    await redis.cli('set', KEY, 'a text');
    const failure = await connection.callCounted('test', KEY, membershipOf(3)).catch((error: unknown) => error);
    expect(String(failure)).to.contain('WRONGTYPE');
    await redis.cli('del', KEY);
    connection.reconnect('a test');
    await new Promise((resolve) => connection.once('ready', () => resolve(undefined)));
    expect(await connection.callCounted('test', KEY, membershipOf(3))).to.equal(3);
  });
});
