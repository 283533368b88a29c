import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, requireServers, startRedis, TcpProxy, type RedisServer } from '@pulsekeeper/test-support';
import { Ledger } from './ledger.ts';
import { frameAt, idOf, labelsOf, samplesAt, startStore } from './store-support.ts';

describe('store while redis', () => {
  let redis: RedisServer;
  before(() => requireServers());

  async function start(options: Parameters<typeof startRedis>[0] = {}): Promise<Ledger> {
    redis = await startRedis(options);
    return new Ledger(await startStore({ url: redis.url, commandTimeoutMs: 300 }));
  }

  it('is stopped and started again with its data', async () => {
    const ledger = await start({ appendonly: true, appendfsync: 'always' });
    ledger.append(5);
    await ledger.store.flush();
    await redis.kill();
    ledger.append(5);
    await eventually(() => expect(ledger.store.health()).to.deep.include({ state: 'connecting', bufferedFrames: 15 }));
    await redis.start();
    ledger.append(5);
    await ledger.expectRecovered();
  });

  it('is started again without its data: what is at hand is written again', async () => {
    const ledger = await start();
    ledger.append(8);
    await ledger.store.flush();
    await redis.restart({ wipe: true, signal: 'SIGKILL' });
    ledger.append(2);
    await ledger.expectRecovered();
    expect(ledger.store.health().rewrittenFrames).to.equal(24);
  });

  it('is killed and comes back with its last snapshot: what came after is written again', async () => {
    const ledger = await start({ extraArgs: ['--save', '3600', '100000'] });
    ledger.append(4);
    await ledger.store.flush();
    await redis.cli('SAVE');
    ledger.append(8);
    await ledger.store.flush();
    await redis.kill();
    ledger.append(1);
    await redis.start();
    await ledger.expectRecovered();
    expect(ledger.store.health().rewrittenFrames).to.equal(24);
    expect((await ledger.store.inspectServer())[0]).to.include({ persistence: 'rdb' });
  });

  it('loses everything while the connection stands', async () => {
    const ledger = await start();
    ledger.append(8);
    await ledger.store.flush();
    await redis.cli('FLUSHALL');
    ledger.append(2);
    await ledger.expectAll();
  });

  it('loads its data', async () => {
    const ledger = await start({
      appendonly: true,
      appendfsync: 'always',
      extraArgs: [
        '--key-load-delay',
        '20000',
        '--loading-process-events-interval-bytes',
        '1024',
        '--enable-debug-command',
        'yes',
      ],
    });
    ledger.append(30);
    await ledger.store.flush();
    // Blocks until loaded, so it is not awaited: the frames come meanwhile.
    const reload = redis.cli('DEBUG', 'RELOAD');
    ledger.append(5);
    await reload;
    await ledger.expectRecovered();
  });

  it('does not answer', async () => {
    const ledger = await start();
    ledger.append(3);
    await ledger.store.flush();
    redis.freeze();
    ledger.append(3);
    await eventually(() => expect(ledger.store.health().errors).to.include.keys('timeout'));
    redis.thaw();
    ledger.append(1);
    await ledger.expectRecovered();
  });

  for (const what of ['ALL', 'WRITE']) {
    it(`pauses its clients, ${what}`, async () => {
      const ledger = await start();
      ledger.append(3);
      await ledger.store.flush();
      await redis.cli('CLIENT', 'PAUSE', 700, what);
      ledger.append(3);
      await eventually(() => expect(ledger.store.health().errors).to.include.keys('timeout'));
      await ledger.expectRecovered();
    });
  }

  it('is busy with a script', async () => {
    const ledger = await start({ extraArgs: ['--busy-reply-threshold', '50'] });
    ledger.append(3);
    await ledger.store.flush();
    const script =
      'local t = redis.call("TIME") local e = t[1] * 1000 + t[2] / 1000 + 500 repeat t = redis.call("TIME") until t[1] * 1000 + t[2] / 1000 > e';
    const busy = redis.cli('EVAL', script, 0);
    await eventually(() => {
      ledger.append(1);
      expect(ledger.store.health().errors).to.include.keys('BUSY');
    });
    await busy;
    await ledger.expectRecovered();
  });

  it('is out of memory', async () => {
    const ledger = await start();
    ledger.append(3);
    await ledger.store.flush();
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1mb');
    ledger.append(3);
    await eventually(() => expect(ledger.store.health()).to.deep.include({ state: 'degraded', bufferedFrames: 9 }));
    expect(ledger.store.health().errors).to.include.keys('OOM');
    await redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    await ledger.expectRecovered();
    expect(ledger.store.health().state).to.equal('ready');
  });

  it('has become a replica', async () => {
    const ledger = await start();
    ledger.append(3);
    await ledger.store.flush();
    const other = await startRedis();
    await redis.cli('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
    await redis.cli('REPLICAOF', '127.0.0.1', other.port);
    ledger.append(3);
    await eventually(() => expect(Object.keys(ledger.store.health().errors).join()).to.match(/READONLY|MASTERDOWN/));
    await redis.cli('REPLICAOF', 'NO', 'ONE');
    await ledger.expectRecovered();
  });

  it('may not write because it cannot persist', async () => {
    const ledger = await start({ extraArgs: ['--save', '3600 1000', '--enable-protected-configs', 'yes'] });
    ledger.append(3);
    await ledger.store.flush();
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-store-'));
    await redis.cli('CONFIG', 'SET', 'dir', folder);
    await rm(folder, { recursive: true });
    await redis.cli('BGSAVE');
    await eventually(async () =>
      expect(await redis.cli('INFO', 'persistence')).to.include('rdb_last_bgsave_status:err'),
    );
    ledger.append(3);
    await eventually(() => expect(ledger.store.health().errors).to.include.keys('MISCONF'));
    await redis.cli('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no');
    await ledger.expectRecovered();
  });

  it('takes the permission to write away', async () => {
    redis = await startRedis();
    await redis.cli('ACL', 'SETUSER', 'writer', 'on', '>secret', '~*', '+@all');
    const ledger = new Ledger(await startStore({ url: redis.url.replace('//', '//writer:secret@') }));
    ledger.append(3);
    await ledger.store.flush();
    await redis.cli('ACL', 'SETUSER', 'writer', '-xadd');
    ledger.append(3);
    await eventually(() => expect(ledger.store.health().errors).to.include.keys('NOPERM'));
    await redis.cli('ACL', 'SETUSER', 'writer', '+@all');
    await ledger.expectRecovered();
  });

  it('takes no more clients', async () => {
    redis = await startRedis();
    const proxy = await TcpProxy.start({ target: { port: redis.port } });
    const ledger = new Ledger(await startStore({ url: `redis://${proxy.address}` }));
    ledger.append(3);
    await ledger.store.flush();
    // One client takes the only place, and gives it free in the end.
    const holder = connect(redis.port, '127.0.0.1');
    holder.write('CONFIG SET maxclients 1\r\n');
    await once(holder, 'data');
    proxy.reset();
    ledger.append(3);
    await eventually(() => expect(ledger.store.health()).to.deep.include({ state: 'connecting', bufferedFrames: 9 }));
    holder.write('CONFIG SET maxclients 1000\r\n');
    await once(holder, 'data');
    holder.destroy();
    await ledger.expectRecovered();
  });

  it('forgets its scripts', async () => {
    const ledger = await start();
    ledger.append(2);
    await ledger.store.flush();
    await redis.cli('SCRIPT', 'FLUSH');
    ledger.append(2);
    await ledger.expectAll();
  });

  it('has a key of another type for a target: the others go on', async () => {
    const ledger = await start();
    await redis.cli('SET', 'pulsekeeper:{api/bad}:frames', 'x');
    const id = idOf('bad');
    const bad = ledger.store.writer.open({ id, labels: labelsOf(id) });
    const outcome = bad.append(frameAt(0, samplesAt(0)));
    ledger.append(5);
    await eventually(() => expect(ledger.outcomes).to.have.length(15));
    expect(ledger.store.health().errors).to.include.keys('WRONGTYPE');
    await redis.cli('DEL', 'pulsekeeper:{api/bad}:frames');
    expect(await outcome).to.equal('written');
    await ledger.expectAll();
  });

  describe('is behind a network that', () => {
    let proxy: TcpProxy;
    async function startBehindProxy(): Promise<Ledger> {
      redis = await startRedis();
      proxy = await TcpProxy.start({ target: { port: redis.port } });
      return new Ledger(await startStore({ url: `redis://${proxy.address}`, commandTimeoutMs: 300 }));
    }

    it('cuts connections again and again, replies among them: nothing is lost and nothing doubled', async () => {
      const ledger = await startBehindProxy();
      for (let cut = 0; cut < 12; cut++) {
        ledger.append(4);
        if (cut % 2 === 0) proxy.stall('down');
        await eventually(() => ledger.store.health().bufferedFrames > 0 || cut % 2 === 1);
        await proxy.cut();
        ledger.append(1);
        await proxy.resume();
        await eventually(() => expect(ledger.store.health().state).to.equal('ready'));
      }
      await ledger.expectAll();
    });

    it('swallows replies: what was written is recognised', async () => {
      const ledger = await startBehindProxy();
      ledger.append(2);
      await ledger.store.flush();
      proxy.stall('down');
      ledger.append(3);
      await eventually(() => expect(ledger.store.health().errors).to.include.keys('timeout'));
      await proxy.resume();
      ledger.append(1);
      await ledger.expectAll();
    });

    it('swallows everything for long: it connects anew', async () => {
      const ledger = await startBehindProxy();
      ledger.append(2);
      await ledger.store.flush();
      const { accepted } = proxy.stats;
      proxy.stall('both');
      ledger.append(3);
      await eventually(() => expect(proxy.stats.accepted).to.be.greaterThan(accepted));
      await proxy.resume();
      await ledger.expectAll();
    });
  });
});
