import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ZkSession, readCluster, type InstanceRecord } from '@pulsekeeper/registry';
import { eventually, freePort, registerCleanup, startZooKeeper, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import express from 'express';
import { fastify } from 'fastify';
import { Counter, Registry } from 'prom-client';
import { metricsHandler, register, type RegisteredService, type RegisterOptions } from '../../src/index.ts';

describe('register', () => {
  let server: ZooKeeperServer;
  let chroots = 0;
  let zookeeper: string;

  before(async function () {
    this.timeout(30_000);
    server = await startZooKeeper();
  });

  beforeEach(() => {
    chroots += 1;
    zookeeper = `${server.connectString}/client-${chroots}`;
  });

  async function registered(options: RegisterOptions): Promise<RegisteredService> {
    const service = await register({ zookeeper, sessionTimeout: '4s', ...options });
    registerCleanup({ name: 'service', run: () => service.close() });
    return service;
  }

  function closedAfterwards(http: Server): Server {
    registerCleanup({
      name: 'http server',
      run: () =>
        new Promise((resolve) => {
          http.close(() => resolve());
          http.closeAllConnections();
        }),
    });
    return http;
  }

  async function listening(host?: string): Promise<Server> {
    const http = closedAfterwards(createServer((_request, response) => response.end('up 1\n')));
    await new Promise<void>((resolve) => http.listen(0, host, resolve));
    return http;
  }

  /** What an observer reads of the one service `shop`. */
  async function instances(): Promise<Map<string, InstanceRecord>> {
    const session = new ZkSession({ connectString: zookeeper, sessionTimeoutMs: 4000 });
    await session.start();
    try {
      const { services } = await readCluster(session);
      const found = new Map<string, InstanceRecord>();
      for (const [name, { parsed }] of services.get('shop')?.instances ?? []) {
        if (parsed.ok) found.set(name, parsed.value);
      }
      return found;
    } finally {
      await session.stop();
    }
  }

  it('takes the port of a server, names the instance after host and port, and withdraws it on close', async () => {
    const http = await listening('127.0.0.1');
    const { port } = http.address() as AddressInfo;
    const service = await registered({ service: 'shop', server: http, interval: '5s', labels: { team: 'checkout' } });
    expect(service.state.kind).to.equal('registered');
    expect(service.instance).to.equal(`${hostname()}:${port}`);
    expect(service.address).to.equal(`127.0.0.1:${port}`);
    const [[name, record]] = [...(await instances())] as [[string, InstanceRecord]];
    expect(name).to.equal(service.instance);
    expect(record).to.deep.include({ intervalMs: 5000, labels: { team: 'checkout' } });
    await service.close();
    expect(await service.closed).to.equal(undefined);
    expect(await instances()).to.have.property('size', 0);
  });

  it('takes the server of Express or Fastify, with the metrics on it', async () => {
    const metrics = new Registry();
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [metrics] }).inc(3);
    const app = express();
    app.get('/metrics', metricsHandler(metrics));
    const fast = fastify();
    registerCleanup({ name: 'fastify', run: () => fast.close() });
    fast.get('/metrics', metricsHandler(metrics));
    await fast.listen({ port: 0, host: '127.0.0.1' });
    const http = closedAfterwards(createServer(app));
    http.listen(0, '127.0.0.1');
    await registered({ service: 'shop', instance: 'express', server: http });
    await registered({ service: 'shop', instance: 'fastify', server: fast.server });
    for (const { address } of (await instances()).values()) {
      const response = await fetch(`http://${address.host}:${address.port}/metrics`);
      expect(await response.text()).to.include('orders_total 3');
    }
    expect([...(await instances()).keys()]).to.deep.equal(['express', 'fastify']);
  });

  it('has collectors speak https with a server that does', async () => {
    const http = closedAfterwards(createTlsServer());
    http.listen(0, '127.0.0.1');
    await registered({ service: 'shop', instance: 'a', server: http });
    expect((await instances()).get('a')).to.include({ scheme: 'https' });
  });

  it('waits for a server that is about to listen', async () => {
    const http = closedAfterwards(createServer());
    const promise = registered({ service: 'shop', server: http });
    http.listen(0, '127.0.0.1');
    const service = await promise;
    expect(service.address).to.equal(`127.0.0.1:${(http.address() as AddressInfo).port}`);
  });

  it('serves a prom-client registry on a port of its own', async () => {
    const metrics = new Registry();
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [metrics] }).inc(3);
    const service = await registered({ service: 'shop', metrics, host: '127.0.0.1' });
    const response = await fetch(`http://${service.address}/metrics`);
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal(metrics.contentType);
    expect(await response.text()).to.include('orders_total 3');
    expect((await fetch(`http://${service.address}/other`)).status).to.equal(404);
    expect((await fetch(`http://${service.address}/metrics`, { method: 'POST' })).status).to.equal(405);
    const { address } = service;
    await service.close();
    await fetch(`http://${address}/metrics`).then(
      () => expect.fail('the metrics server still answers'),
      (error: unknown) => expect(error).to.be.instanceOf(TypeError),
    );
  });

  it('answers under a path that was changed, and under the one before', async () => {
    const metrics = new Registry();
    const service = await registered({ service: 'shop', metrics, host: '127.0.0.1', listenHost: '127.0.0.1' });
    await service.update({ path: '/m' });
    const statusOf = async (path: string): Promise<number> => (await fetch(`http://${service.address}${path}`)).status;
    expect(await Promise.all(['/m', '/metrics', '/x'].map(statusOf))).to.deep.equal([200, 200, 404]);
    expect([...(await instances()).values()][0]?.path).to.equal('/m');
    const refusal: unknown = await service.update({ scheme: 'https' }).catch((error: unknown) => error);
    expect(refusal)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/^scheme is "https"/);
  });

  it('has the same name again after a restart, on a port of its own that was not chosen', async () => {
    const start = (): Promise<RegisteredService> =>
      registered({ service: `shop-${process.pid}`, metrics: new Registry(), listenHost: '127.0.0.1' });
    const first = await start();
    const second = await start();
    expect(second.instance).to.not.equal(first.instance);
    await Promise.all([first.close(), second.close()]);
    expect((await start()).instance).to.equal(first.instance);
  });

  it('updates in place: the znode is the same one before and after', async () => {
    const service = await registered({ service: 'shop', instance: 'a', address: '10.0.0.1:80', labels: { a: '1' } });
    const observer = new ZkSession({ connectString: zookeeper });
    registerCleanup({ name: 'observer', run: () => observer.stop() });
    await observer.start();
    const changes: string[] = [];
    const watch = ({ type }: { type: string }): unknown => changes.push(type);
    const before = await observer.getData('/services/shop/a', { watch });
    await observer.getChildren('/services/shop', { watch });
    await service.update({ interval: '1s', labels: undefined });
    const after = await observer.getData('/services/shop/a');
    expect(after.stat).to.include({ czxid: before.stat.czxid, version: before.stat.version + 1 });
    await eventually(() => expect(changes).to.deep.equal(['NodeDataChanged']));
    const record = (await instances()).get('a');
    expect(record).to.include({ intervalMs: 1000 });
    expect(record).to.not.have.property('labels');
    expect(record?.address).to.deep.equal({ host: '10.0.0.1', port: 80 });
  });

  it('refuses a wrong update and leaves what is registered alone', async () => {
    const service = await registered({ service: 'shop', instance: 'a', address: '10.0.0.1:80', interval: '3s' });
    const error = await service.update({ interval: '10 years' }).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'InvalidRegistration', field: 'interval' });
    expect((await instances()).get('a')).to.include({ intervalMs: 3000 });
    await service.update({ retries: 1 });
    expect((await instances()).get('a')).to.include({ intervalMs: 3000, retries: 1 });
  });

  const wrong: { title: string; options: Partial<RegisterOptions>; field: string; says: RegExp }[] = [
    { title: 'no address at all', options: {}, field: 'address', says: /port, server/ },
    { title: 'an interval of 0', options: { port: 80, interval: '0' }, field: 'interval', says: /allowed/ },
    {
      title: 'an interval that is no duration',
      options: { port: 80, interval: 'often' },
      field: 'interval',
      says: /often/,
    },
    { title: 'a label name with a dash', options: { port: 80, labels: { 'a-b': 'x' } }, field: 'labels', says: /a-b/ },
    { title: 'an address with credentials', options: { address: 'me:pw@h:80' }, field: 'address', says: /allowed/ },
    { title: 'an address without a port', options: { address: 'h' }, field: 'address', says: /allowed/ },
    { title: 'port 0', options: { port: 0 }, field: 'port', says: /1 to 65535/ },
    { title: 'a port and an address host', options: { address: 'h:1', host: 'h' }, field: 'host', says: /address/ },
    { title: 'a service name with a slash', options: { service: 'a/b', port: 80 }, field: 'service', says: /a\/b/ },
    { title: 'an instance name of two dots', options: { instance: '..', port: 80 }, field: 'instance', says: /\.\./ },
    {
      title: 'a session timeout of 0',
      options: { port: 80, sessionTimeout: '0' },
      field: 'sessionTimeout',
      says: /above 0/,
    },
    { title: 'a path without a slash', options: { port: 80, path: 'metrics' }, field: 'path', says: /metrics/ },
  ];
  for (const { title, options, field, says } of wrong) {
    it(`refuses ${title} with the field and what is allowed`, async () => {
      const error = await register({ service: 'shop', zookeeper, ...options }).catch((reason: unknown) => reason);
      expect(error).to.include({ name: 'InvalidRegistrationError', code: 'InvalidRegistration' });
      expect((error as { field: string }).field).to.match(new RegExp(`^${field}`));
      expect((error as Error).message).to.match(says);
    });
  }

  it('rejects with NameTaken and the owner when another live registration holds the name', async () => {
    const first = await registered({ service: 'shop', instance: 'a', address: '10.0.0.1:80' });
    const error = await register({
      service: 'shop',
      instance: 'a',
      address: '10.0.0.2:80',
      zookeeper,
      sessionTimeout: '4s',
    }).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'NameTaken' });
    const { owner } = error as { owner: { key: string; createdAtMs: number } };
    expect(owner.key).to.include(`${hostname()}/${process.pid}/`);
    expect(Math.abs(owner.createdAtMs - Date.now())).to.be.below(60_000);
    expect(first.state.kind).to.equal('registered');
    expect((await instances()).get('a')?.address).to.deep.equal({ host: '10.0.0.1', port: 80 });
  });

  it('gets a taken name as soon as it is free when it is told to wait', async () => {
    const first = await registered({ service: 'shop', instance: 'a', address: '10.0.0.1:80' });
    const second = registered({
      service: 'shop',
      instance: 'a',
      address: '10.0.0.2:80',
      waitMs: Number.POSITIVE_INFINITY,
      nameTakenGraceMs: 5000,
    });
    await delay(100); // Not for synchronisation: gives a wrong implementation the time to take the name.
    expect(first.state.kind).to.equal('registered');
    await first.close();
    expect((await second).state.kind).to.equal('registered');
    expect((await instances()).get('a')?.address).to.deep.equal({ host: '10.0.0.2', port: 80 });
  });

  it('registers as soon as ZooKeeper comes when it was away at the start', async function () {
    this.timeout(20_000);
    const port = await freePort();
    const service = await register({
      service: 'shop',
      instance: 'a',
      address: '10.0.0.1:80',
      zookeeper: `127.0.0.1:${port}/late`,
      sessionTimeout: '4s',
      waitMs: 50,
    });
    registerCleanup({ name: 'service', run: () => service.close() });
    expect(service.state.kind).to.equal('registering');
    const update = service.update({ interval: '7s' });
    await startZooKeeper({ port });
    await service.whenRegistered();
    await update;
    zookeeper = `127.0.0.1:${port}/late`;
    expect((await instances()).get('a')).to.include({ intervalMs: 7000 });
  });

  it('gives up with the reason of the signal and leaves nothing behind', async () => {
    const metrics = new Registry();
    const port = await freePort();
    const abort = new AbortController();
    const reason = new Error('enough');
    const promise = register({
      service: 'shop',
      metrics,
      port,
      zookeeper: `127.0.0.1:${await freePort()}/none`,
      waitMs: Number.POSITIVE_INFINITY,
      signal: abort.signal,
    });
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).to.equal(200));
    abort.abort(reason);
    expect(await promise.catch((error: unknown) => error)).to.equal(reason);
    await fetch(`http://127.0.0.1:${port}/metrics`).then(
      () => expect.fail('the metrics server still answers'),
      () => undefined,
    );
  });

  it('withdraws on a signal also while it still waits', async () => {
    const arrived = (): void => undefined;
    process.on('SIGUSR2', arrived);
    try {
      const before = process.listenerCount('SIGUSR2');
      const promise = register({
        service: 'shop',
        port: 80,
        zookeeper: `127.0.0.1:${await freePort()}/none`,
        waitMs: Number.POSITIVE_INFINITY,
        closeOnSignals: ['SIGUSR2'],
      }).catch((error: unknown) => error);
      await eventually(() => expect(process.listenerCount('SIGUSR2')).to.equal(before + 1));
      process.emit('SIGUSR2');
      expect(await promise).to.include({ code: 'Closed' });
      expect(process.listenerCount('SIGUSR2')).to.equal(before);
    } finally {
      process.off('SIGUSR2', arrived);
    }
  });

  it('rejects when the metrics server cannot listen', async () => {
    const http = await listening('127.0.0.1');
    const { port } = http.address() as AddressInfo;
    const options = { service: 'shop', metrics: new Registry(), port, listenHost: '127.0.0.1', zookeeper };
    expect(await register(options).catch((error: unknown) => error)).to.include({ code: 'EADDRINUSE' });
  });

  it('tells of its states and survives listeners that throw', async () => {
    const service = await registered({ service: 'shop', instance: 'a', address: '10.0.0.1:80', waitMs: 0 });
    const kinds: string[] = [];
    service.events.on('state', (state) => {
      kinds.push(state.kind);
      throw new Error('a listener that throws');
    });
    await service.whenRegistered();
    await service.close();
    expect(kinds).to.deep.equal(['registered', 'closed']);
  });
});
