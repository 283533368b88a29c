import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerCleanup } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import express from 'express';
import { fastify } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import { metricsHandler, type MetricsRegistry } from '../../src/index.ts';

describe('metricsHandler', () => {
  let metrics: Registry;

  beforeEach(() => {
    metrics = new Registry();
    new Counter({ name: 'orders_total', help: 'Orders – counted.', registers: [metrics] }).inc(2);
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    registerCleanup({
      name: 'http server',
      run: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const frameworks: { name: string; start: (registry: MetricsRegistry) => Promise<string> }[] = [
    {
      name: 'node:http',
      start: (registry) => serve((request, response) => void metricsHandler(registry)(request, response)),
    },
    {
      name: 'Express',
      start: (registry) => {
        const app = express();
        app.get('/metrics', metricsHandler(registry));
        return serve(app);
      },
    },
    {
      name: 'Fastify',
      start: async (registry) => {
        const app = fastify();
        registerCleanup({ name: 'fastify', run: () => app.close() });
        app.get('/metrics', metricsHandler(registry));
        return app.listen({ port: 0, host: '127.0.0.1' });
      },
    },
  ];

  for (const { name, start } of frameworks) {
    it(`answers within ${name} with the metrics and their content type`, async () => {
      const response = await fetch(`${await start(metrics)}/metrics`);
      expect(response.status).to.equal(200);
      expect(response.headers.get('content-type')).to.equal(metrics.contentType);
      expect(await response.text()).to.equal(await metrics.metrics());
    });

    it(`answers a HEAD within ${name} without a body`, async () => {
      const response = await fetch(`${await start(metrics)}/metrics`, { method: 'HEAD' });
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal('');
    });

    it(`answers 500 within ${name} when the metrics cannot be collected, and goes on`, async () => {
      let isBroken = true;
      new Gauge({
        name: 'broken',
        help: 'Fails once.',
        registers: [metrics],
        collect() {
          if (isBroken) throw new Error('a collect that throws');
        },
      });
      const url = await start(metrics);
      expect((await fetch(`${url}/metrics`)).status).to.equal(500);
      isBroken = false;
      expect((await fetch(`${url}/metrics`)).status).to.equal(200);
    });
  }

  it('does not reject when the response has been sent already', async () => {
    const failures: unknown[] = [];
    const url = await serve((request, response) => {
      response.end('too late');
      void metricsHandler(metrics)(request, response).catch((error: unknown) => failures.push(error));
    });
    expect(await (await fetch(url)).text()).to.equal('too late');
    const listener = metricsHandler({ contentType: 'no\nheader', metrics: () => Promise.resolve('x 1\n') });
    const broken = await serve((request, response) => {
      void listener(request, response).catch((error: unknown) => failures.push(error));
    });
    expect(await fetch(broken).catch((error: unknown) => error)).to.be.an('error');
    expect(failures).to.deep.equal([]);
  });
});
