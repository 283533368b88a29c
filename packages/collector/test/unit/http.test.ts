import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { request, type Server } from 'node:http';

import { silentLogger, type Logger } from '@pulsekeeper/model';
import { expect } from 'chai';
import { Registry } from 'prom-client';

import { CollectorError } from '../../src/errors.ts';
import { collectorRoutes } from '../../src/http/routes.ts';
import { StatusServer, type Route } from '../../src/http/status-server.ts';
import { targetSlotsText } from '../../src/http/target-slots-text.ts';
import { SlotCounters } from '../../src/schedule/slot-counters.ts';
import type { CollectorReport } from '../../src/status/collector-report.ts';

describe('targetSlotsText', () => {
  it('tells each end of a slot for each target, with its name escaped', () => {
    const slots = new SlotCounters();
    slots.expected = 3;
    slots.missed = 1;
    const text = targetSlotsText([{ target: 'a/"x\\y', slots: slots.snapshot() }]);
    expect(text).to.contain('# TYPE pulsekeeper_target_slots_total counter\n');
    expect(text).to.contain('pulsekeeper_target_slots_total{target="a/\\"x\\\\y",result="expected"} 3\n');
    expect(text).to.contain('result="missed"} 1\n');
    expect(text.split('\n')).to.have.lengthOf(2 + 9 + 1);
  });
});

describe('StatusServer', () => {
  let server: StatusServer;
  let url: string;

  async function serve(routes: ReadonlyMap<string, Route>): Promise<void> {
    server = new StatusServer(routes);
    const { port } = await server.start({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${port}`;
  }

  afterEach(() => server.stop());

  it('serves the pages of a collector', async () => {
    let unready: string | undefined = 'the store is connecting';
    await serve(
      collectorRoutes({
        registry: new Registry(),
        unreadyReason: () => unready,
        targets: () => [],
        report: () => ({ id: 'c1', publishedAtMs: 5 }) as unknown as CollectorReport,
      }),
    );
    const [notReady, status, targets] = await Promise.all(
      ['/-/ready', '/status', '/targets'].map((path) => fetch(url + path)),
    );
    expect(notReady?.status).to.equal(503);
    expect(await notReady?.text()).to.equal('not ready: the store is connecting\n');
    expect(await status?.json()).to.deep.equal({ id: 'c1', publishedAtMs: 5 });
    expect(await targets?.json()).to.deep.equal({ targets: [] });
    unready = undefined;
    expect((await fetch(`${url}/-/ready`)).status).to.equal(200);
    expect((await fetch(`${url}/-/healthy`)).status).to.equal(200);
    for (const path of ['/metrics', '/metrics/targets']) {
      expect((await fetch(url + path)).headers.get('content-type')).to.contain('text/plain');
    }
  });

  it('reflects nothing of a request', async () => {
    await serve(new Map([['/a', () => ({ status: 200, contentType: 'text/plain', body: 'x' })]]));
    const answer = await fetch(`${url}/<script>?q=<b>`);
    expect(answer.status).to.equal(404);
    expect(await answer.text()).to.equal('there are: /a\n');
    expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('answers GET and HEAD only', async () => {
    await serve(new Map([['/a', () => ({ status: 200, contentType: 'text/plain', body: 'xyz' })]]));
    expect((await fetch(`${url}/a`, { method: 'DELETE' })).status).to.equal(405);
    const head = await fetch(`${url}/a`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).to.equal('3');
    expect(await head.text()).to.equal('');
  });

  it('says 500 for a page that cannot be made, and goes on', async () => {
    await serve(new Map([['/a', () => Promise.reject(new Error('secret'))]]));
    const answer = await fetch(`${url}/a`);
    expect(answer.status).to.equal(500);
    expect(await answer.text()).not.to.contain('secret');
  });

  it('says which address cannot be listened on', async () => {
    await serve(new Map());
    const other = new StatusServer(new Map());
    const port = Number(new URL(url).port);
    const error = await other.start({ host: '127.0.0.1', port }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(CollectorError).with.property('code', 'ListenFailed');
    expect((error as Error).message).to.contain(`127.0.0.1:${port}`);
  });

  it('outlives an error of its socket, and says so', async () => {
    const warnings: object[] = [];
    const logger: Logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
    server = new StatusServer(new Map(), logger);
    const { port } = await server.start({ host: '127.0.0.1', port: 0 });
    const seen: Server[] = [];
    const onRequest = (message: unknown): void => void seen.push((message as { server: Server }).server);
    subscribe('http.server.request.start', onRequest);
    await fetch(`http://127.0.0.1:${port}/`);
    unsubscribe('http.server.request.start', onRequest);
    const failure = new Error('accept EMFILE');
    seen[0]?.emit('error', failure);
    expect(warnings).to.deep.equal([{ err: failure }]);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).to.equal(404);
  });

  it('stops at once, whoever is connected', async () => {
    await serve(new Map());
    const idle = request(`${url}/`, { method: 'GET' }).on('error', () => undefined);
    await new Promise((resolve) => idle.on('socket', (socket) => socket.on('connect', resolve)));
    await Promise.all([server.stop(), server.stop()]);
  });
});
