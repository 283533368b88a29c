import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { registerCleanup } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { askCollectorForAttempts } from '../../../src/cluster/collector-attempts.ts';
import { id } from '../../support/model-builders.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registerCleanup({
    name: 'status page',
    run: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('askCollectorForAttempts', () => {
  const { signal } = new AbortController();

  it('reads what the page of the collector says of the target', async () => {
    const attempts = [{ slotMs: 1000, attempts: [{ startedAfterMs: 2, durationMs: 10 }] }];
    const url = await serve((request, response) => {
      response.statusCode = request.url === '/targets' ? 200 : 404;
      response.end(JSON.stringify({ targets: [{ target: 'web/a', attempts }] }));
    });
    expect(await askCollectorForAttempts(url, id('web/a'), signal)).to.deep.equal([
      { slot: '1970-01-01T00:00:01Z', attempts: [{ startSeconds: 0.002, durationSeconds: 0.01, error: null }] },
    ]);
    expect(await askCollectorForAttempts(url, id('web/b'), signal)).to.equal(undefined);
  });

  it('does without a page that cannot be had, is none, or points elsewhere', async () => {
    const elsewhere = await serve((_request, response) => response.writeHead(302, { location: '/x' }).end());
    const noJson = await serve((_request, response) => response.end('<html>'));
    for (const url of [elsewhere, noJson, 'http://127.0.0.1:1']) {
      expect(await askCollectorForAttempts(url, id('web/a'), signal)).to.equal(undefined);
    }
  });

  it('ends with the command', async () => {
    const url = await serve(() => undefined);
    const controller = new AbortController();
    const asked = askCollectorForAttempts(url, id('web/a'), controller.signal);
    controller.abort(new Error('Ctrl-C'));
    expect(await asked.catch((error: unknown) => error))
      .to.be.an('error')
      .with.property('message', 'Ctrl-C');
  });
});
