import { eventually, ExpiringProxy, startZooKeeper, timeFactor, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { Connection } from '../../src/connection.ts';
import { Dialer } from '../../src/dialer.ts';
import { silentSessionLogger } from '../../src/session-logger.ts';
import { type AclEntry, isZkError, type ZkSession } from '../../src/index.ts';
import { abandonAfterTest, codeOf, makeSession, newChroot, startSession } from './session-harness.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const EMPTY = new Uint8Array();

describe('operations on a real server', function () {
  this.timeout(20_000);
  let server: ZooKeeperServer;
  let connectString: string;
  before(async () => {
    server = await startZooKeeper({
      config: {
        enforceQuota: 'true',
        'authProvider.1': 'org.apache.zookeeper.server.auth.DigestAuthenticationProvider',
      },
      javaArgs: ['-Dzookeeper.enforceQuota=true'],
    });
  });
  beforeEach(() => (connectString = `${server.connectString}${newChroot()}`));

  function start(more: object = {}): Promise<ZkSession> {
    return startSession({ connectString, sessionTimeoutMs: 4000, ...more });
  }

  it('create, read, change and remove nodes', async () => {
    const session = await start();
    await session.create('/a', text('one'));
    const read = await session.getData('/a');
    expect(Buffer.from(read.data).toString()).to.equal('one');
    expect(read.stat).to.include({ version: 0, ephemeralOwner: 0n, dataLength: 3, numChildren: 0 });
    expect(read.stat.ctimeMs).to.be.closeTo(Date.now(), 60_000);

    expect((await session.setData('/a', text('two'), { version: 0 })).version).to.equal(1);
    await session.create('/a/b', EMPTY);
    expect((await session.getChildren('/a')).children).to.deep.equal(['b']);
    expect((await session.exists('/a'))?.numChildren).to.equal(1);
    await session.remove('/a/b');
    await session.remove('/a', { version: 1 });
    expect(await session.exists('/a')).to.equal(undefined);
  });

  it('are refused with the names of ZooKeeper, and the path', async () => {
    const session = await start();
    await session.create('/a', EMPTY);
    await session.create('/e', EMPTY, { ephemeral: true });
    expect(await codeOf(session.create('/a', EMPTY))).to.equal('NodeExists');
    expect(await codeOf(session.create('/x/y', EMPTY))).to.equal('NoNode');
    expect(await codeOf(session.create('/e/y', EMPTY))).to.equal('NoChildrenForEphemerals');
    expect(await codeOf(session.setData('/a', EMPTY, { version: 7 }))).to.equal('BadVersion');
    expect(await codeOf(session.remove('/a', { version: 7 }))).to.equal('BadVersion');
    await session.create('/a/b', EMPTY);
    expect(await codeOf(session.remove('/a'))).to.equal('NotEmpty');
    const error: unknown = await session.getData('/none').catch((caught: unknown) => caught);
    expect(isZkError(error, 'NoNode') && error.path).to.equal('/none');
    for (const path of ['a', '/a/', '/a//b', '/../b', '/\u0001']) {
      expect(await codeOf(session.create(path, EMPTY)), path).to.equal('BadArguments');
    }
  });

  it('make the chroot with its parents, and work without one', async () => {
    await startSession({ connectString: `${connectString}/deep/down`, sessionTimeoutMs: 4000 });
    const root = await startSession({ connectString: server.connectString, sessionTimeoutMs: 4000 });
    const chroot = connectString.slice(server.connectString.length);
    expect((await root.getChildren(`${chroot}/deep`)).children).to.deep.equal(['down']);
  });

  it('ensure a path, however much of it stands', async () => {
    const session = await start();
    await Promise.all([session.ensurePath('/a/b/c'), session.ensurePath('/a/b/d'), session.ensurePath('/')]);
    await session.ensurePath('/a/b/c');
    expect((await session.getChildren('/a/b')).children.sort()).to.deep.equal(['c', 'd']);
  });

  it('take empty data, and refuse what is no data at all', async () => {
    const session = await start();
    await session.create('/a', EMPTY);
    expect((await session.getData('/a')).data).to.have.lengthOf(0);
    await session.setData('/a', EMPTY);
    for (const data of [null, undefined, 'text']) {
      const failed: unknown = await session
        .setData('/a', data as unknown as Uint8Array)
        .catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(TypeError);
    }
  });

  it('take data up to the server limit, and refuse more without losing the connection', async () => {
    const session = await start();
    await session.create('/a', new Uint8Array(1_048_000));
    expect((await session.getData('/a')).data).to.have.lengthOf(1_048_000);
    for (const bytes of [1_048_575, 1_048_576, 5_000_000]) {
      expect(await codeOf(session.create('/b', new Uint8Array(bytes)))).to.equal('DataTooLarge');
      expect(await codeOf(session.setData('/a', new Uint8Array(bytes)))).to.equal('DataTooLarge');
    }
    const halves = ['/x', '/y'].map((path) => ({ op: 'create', path, data: new Uint8Array(600_000) }) as const);
    expect(await codeOf(session.multi(halves))).to.equal('DataTooLarge');
    await session.getData('/a');
    expect(session.state).to.include({ kind: 'connected', generation: 1 });
  });

  it('happen together or not at all in a transaction, and name the step that was refused', async () => {
    const session = await start();
    await session.create('/a', text('one'));
    const results = await session.multi([
      { op: 'check', path: '/a', version: 0 },
      { op: 'setData', path: '/a', data: text('two'), version: 0 },
      { op: 'create', path: '/b', data: EMPTY, ephemeral: true },
    ]);
    expect(results.map(({ op, path }) => `${op} ${path}`)).to.deep.equal(['check /a', 'setData /a', 'create /b']);
    expect(results[1]?.stat?.version).to.equal(1);
    expect((await session.exists('/b'))?.ephemeralOwner).to.equal(session.sessionId);

    const error: unknown = await session
      .multi([
        { op: 'remove', path: '/b' },
        { op: 'create', path: '/a', data: EMPTY },
      ])
      .catch((caught: unknown) => caught);
    expect(isZkError(error, 'NodeExists') && [error.path, error.operationIndex]).to.deep.equal(['/a', 1]);
    expect(await session.exists('/b')).to.not.equal(undefined);
    expect(await session.multi([])).to.deep.equal([]);
  });

  it('check version 0 in a transaction like any other', async () => {
    const session = await start();
    await session.create('/a', EMPTY);
    await session.setData('/a', EMPTY);
    expect(await codeOf(session.multi([{ op: 'check', path: '/a', version: 0 }]))).to.equal('BadVersion');
    expect(await codeOf(session.multi([{ op: 'setData', path: '/a', data: EMPTY, version: 0 }]))).to.equal(
      'BadVersion',
    );
    expect(await codeOf(session.multi([{ op: 'remove', path: '/a', version: 0 }]))).to.equal('BadVersion');
    expect((await session.exists('/a'))?.version).to.equal(1);
  });

  it('report a code that the client library does not know', async () => {
    const session = await start();
    const root = await startSession({ connectString: server.connectString, sessionTimeoutMs: 4000 });
    await session.create('/q', EMPTY);
    const quota = `/zookeeper/quota${session.chroot}/q`;
    await root.ensurePath(quota);
    await root.create(`${quota}/zookeeper_limits`, text('count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=-1'));
    await root.create(`${quota}/zookeeper_stats`, text('count=1,bytes=0=;byteHardLimit=0;countHardLimit=1'));
    expect(await codeOf(session.setData('/q', text('far too long')))).to.equal('QuotaExceeded');
    const large = { op: 'setData', path: '/q', data: text('far too long') } as const;
    expect(await codeOf(session.multi([large]))).to.equal('QuotaExceeded');
    // Nothing hangs and the connection has not been given up.
    await session.getData('/q');
    expect(session.state).to.include({ kind: 'connected', generation: 1 });
  });

  it('go on when the request numbers of the library reach their end', async () => {
    const options = { servers: [{ host: '127.0.0.1', port: server.port }], sessionTimeoutMs: 4000 };
    const dialer = new Dialer({
      ...options,
      tls: undefined,
      unref: false,
      random: Math.random,
      logger: silentSessionLogger,
    });
    const nothing = (): undefined => undefined;
    const connection = await new Promise<Connection>((resolve) => {
      const opened: Connection = new Connection({
        dialer,
        sessionTimeoutMs: 4000,
        auth: [],
        monotonic: () => performance.now(),
        handlers: {
          onUp: () => resolve(opened),
          onDown: nothing,
          onExpired: nothing,
          onAuthFailed: nothing,
          onWatchEvent: nothing,
        },
      });
      abandonAfterTest(opened);
      opened.open();
    });
    const numbers: number[] = [];
    const exists = (xid?: number): Promise<unknown> =>
      connection.call<[object | null]>('/', (client, callback) => {
        if (xid !== undefined) client.connectionManager.xid = xid;
        numbers.push(client.connectionManager.xid);
        client.exists('/', undefined, callback);
      });
    await exists(2 ** 31 - 1);
    await exists();
    expect(numbers).to.deep.equal([2 ** 31 - 1, 0]);
    await connection.close(1000);
  });

  it('are not held up by 20,000 others, which stay within their bound', async () => {
    const session = await start({ operationTimeoutMs: 20_000 });
    await session.create('/a', EMPTY);
    const paths = (function* () {
      for (let index = 0; index < 20_000; index += 1) yield `/a${index}`;
    })();
    const bulk = session.readMany(paths, { concurrency: 256 });
    const startedAtMs = performance.now();
    await session.setData('/a', text('first'));
    const waitedMs = performance.now() - startedAtMs;
    expect(session.pendingOperations).to.be.within(1, 256);
    expect((await bulk).size).to.equal(20_000);
    expect(waitedMs).to.be.below((performance.now() - startedAtMs) / 4);
  });

  it('read many nodes with few requests, and as one by one', async () => {
    const session = await start();
    const paths = Array.from({ length: 1000 }, (_, index) => `/n${index}-ü`);
    await Promise.all(
      paths.map(async (path, index) => {
        if (index % 10 !== 0) await session.create(path, text(index % 7 === 0 ? '' : `data of ${index}`));
      }),
    );
    const reading = session.readMany(paths, { concurrency: 256 });
    expect(session.pendingOperations).to.equal(4);
    const together = await reading;
    // Of what is watched each node is read by itself.
    const alone = await session.readMany(paths, { watch: () => undefined });
    expect([...together].sort()).to.deep.equal([...alone].sort());
    const lists = await session.listMany(['/', paths[1]!, paths[10]!, '/none']);
    expect(lists.get('/')?.sort()).to.deep.equal((await session.getChildren('/')).children.sort());
    expect([lists.get(paths[1]!), lists.get(paths[10]!), lists.get('/none')]).to.deep.equal([[], undefined, undefined]);
    expect([together.size, together.get(paths[10]!), together.get(paths[7]!)?.data.length]).to.deep.equal([
      1000,
      undefined,
      0,
    ]);
  });

  it('make no more ephemerals than the servers can take at the end of a session', async () => {
    const session = await start({ maxRequestBytes: 4000 });
    const create = (index: number): Promise<string> =>
      codeOf(session.create(`/${String(index).padStart(80, 'e')}`, EMPTY, { ephemeral: true }));
    const ends = await Promise.all(Array.from({ length: 100 }, (_, index) => create(index)));
    const made = ends.filter((end) => end === 'resolved').length;
    expect(made).to.be.within(20, 35);
    expect(new Set(ends.slice(made))).to.deep.equal(new Set(['TooManyEphemerals']));
    expect((await session.getChildren('/')).children).to.have.lengthOf(made);
    // One that is there already costs nothing, and one that is removed makes room.
    expect(await create(0)).to.equal('NodeExists');
    await session.remove(`/${'0'.padStart(80, 'e')}`);
    const another = { op: 'create', path: `/${'x'.padStart(80, 'e')}`, data: EMPTY, ephemeral: true } as const;
    await session.multi([another]);
    expect(await create(0)).to.equal('TooManyEphemerals');
    await session.create('/persistent', EMPTY);
  });

  it('wait for the connection when they come before it', async () => {
    const session = makeSession({ connectString, sessionTimeoutMs: 4000 });
    await session.start({ waitForConnection: false });
    expect(session.state.kind).to.equal('connecting');
    await session.create('/a', EMPTY);
    expect(session.state.kind).to.equal('connected');
  });

  it('carry the credentials from the very first one, and keep others from changing what was made', async () => {
    const auth = { scheme: 'digest', credentials: 'keeper:secret' };
    const owner = makeSession({ connectString, sessionTimeoutMs: 4000, auth, acl: 'creator-all-world-read' });
    await owner.start({ waitForConnection: false });
    await owner.create('/mine', text('data'));
    await owner.create('/everybodys', EMPTY, { acl: 'open' });

    const reader = await start();
    expect(Buffer.from((await reader.getData('/mine')).data).toString()).to.equal('data');
    expect(await codeOf(reader.setData('/mine', EMPTY))).to.equal('NoAuth');
    expect(await codeOf(reader.create('/mine/child', EMPTY))).to.equal('NoAuth');
    expect(await codeOf(reader.create('/other', EMPTY))).to.equal('NoAuth');
    await reader.setData('/everybodys', EMPTY);
    // Its heartbeat is refused as well; the refusal needs a quorum too.
    expect(reader.lease.isHeld()).to.equal(true);

    const other = await start({ auth: { ...auth, credentials: 'keeper:wrong' } });
    expect(await codeOf(other.remove('/mine'))).to.equal('NoAuth');
    const same = await start({ auth });
    await same.setData('/mine', text('changed'));
  });

  it('carry the credentials again after a lost session', async () => {
    const proxy = await ExpiringProxy.start(server.port);
    const chroot = connectString.slice(connectString.indexOf('/'));
    const auth = { scheme: 'digest', credentials: 'keeper:secret' };
    const session = await start({ connectString: `127.0.0.1:${proxy.port}${chroot}`, auth, acl: 'creator-all' });
    await session.create('/mine', text('data'));
    const before = session.sessionId;
    await proxy.expireSession();
    await eventually(() => expect(session.sessionId).to.not.be.oneOf([before, undefined]));
    await session.setData('/mine', text('changed'));
    expect(Buffer.from((await session.getData('/mine')).data).toString()).to.equal('changed');
  });

  it('tell who may do what with a node', async () => {
    const auth = { scheme: 'digest', credentials: 'keeper:secret' };
    const owner = await start({ auth, acl: 'creator-all-world-read' });
    await owner.create('/mine', EMPTY);
    await owner.create('/open', EMPTY, { acl: 'open' });
    const some: AclEntry[] = [{ scheme: 'world', id: 'anyone', permissions: ['read', 'create'] }];
    await owner.create('/some', EMPTY, { acl: some });
    await owner.create('/hidden', EMPTY, { acl: 'creator-all' });

    const { acl, stat } = await owner.getAcl('/mine');
    expect(acl).to.deep.equal([
      { scheme: 'digest', id: 'keeper:fVdK2HwI35pFaNBBBjXpQ3fU3iQ=', permissions: 'all' },
      { scheme: 'world', id: 'anyone', permissions: ['read'] },
    ]);
    expect(stat.aclVersion).to.equal(0);
    const reader = await start();
    expect((await reader.getAcl('/open')).acl).to.deep.equal([{ scheme: 'world', id: 'anyone', permissions: 'all' }]);
    expect((await reader.getAcl('/some')).acl).to.deep.equal(some);
    expect(await codeOf(reader.getAcl('/hidden'))).to.equal('NoAuth');
    expect(await codeOf(reader.getAcl('/none'))).to.equal('NoNode');
  });

  it('hide what only the creator may read', async () => {
    const auth = { scheme: 'digest', credentials: Buffer.from('keeper:secret') };
    const owner = await start({ auth });
    await owner.create('/secret', text('data'), { acl: 'creator-all' });
    await owner.create('/public', text('data'));
    const reader = await start();
    const told: string[] = [];
    const read = await reader.readMany(['/secret', '/public', '/none'], { onNodeError: (path) => told.push(path) });
    expect([...read.keys()].sort()).to.deep.equal(['/none', '/public']);
    expect(told).to.deep.equal(['/secret']);
  });

  it('make `start` fail when the server refuses the credentials', async () => {
    const session = makeSession({ connectString, auth: { scheme: 'unheard-of', credentials: 'x' } });
    expect(await codeOf(session.start())).to.equal('AuthFailed');
    expect(session.state.kind).to.equal('closed');
    expect(await session.closed).to.include({ code: 'AuthFailed' });
  });

  it('make `start` fail, and make nothing, when a chroot is missing that must not be made', async () => {
    const root = await start();
    const session = makeSession({ connectString: `${connectString}/mistyped`, createChroot: false });
    expect(await codeOf(session.start())).to.equal('NoNode');
    expect(session.state.kind).to.equal('closed');
    expect(await root.exists('/mistyped')).to.equal(undefined);

    await root.create('/mistyped', new Uint8Array());
    const again = await start({ connectString: `${connectString}/mistyped`, createChroot: false });
    expect(again.state.kind).to.equal('connected');
  });

  it('make `start` fail at once when the chroot may not be made', async () => {
    const auth = { scheme: 'digest', credentials: 'keeper:secret' };
    await start({ auth, acl: 'creator-all-world-read' });
    const session = makeSession({ connectString: `${connectString}/child` });
    const startedAtMs = performance.now();
    expect(await codeOf(session.start())).to.equal('NoAuth');
    expect(performance.now() - startedAtMs).to.be.below(2000 * timeFactor);
    expect(session.state.kind).to.equal('closed');
  });
});
