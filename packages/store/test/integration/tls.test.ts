import { expect } from 'chai';
import { freePort, requireServers, startRedis } from '@pulsekeeper/test-support';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '../../src/index.ts';
import { Ledger } from './ledger.ts';
import { startStore } from './store-support.ts';

const run = promisify(execFile);

describe('store over TLS', () => {
  let url: string;
  let ca: Buffer;

  before(async () => {
    requireServers();
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-tls-'));
    const key = join(folder, 'key.pem');
    const certificate = join(folder, 'certificate.pem');
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ]);
    ca = await readFile(certificate);
    const port = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    const redis = await startRedis({ extraArgs: ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no'] });
    await redis.cli('ACL', 'SETUSER', 'collector', 'on', '>s3cret/', '~pulsekeeper:*', '+@all', '-@dangerous', '+info');
    url = `rediss://collector:s3cret%2F@127.0.0.1:${port}`;
  });

  it('writes and reads with a certificate authority of its own, as a user with few permissions', async () => {
    const ledger = new Ledger(await startStore({ url, tls: { ca } }));
    ledger.append(5);
    await ledger.expectAll();
  });

  it('does not connect to a server that it cannot verify', async () => {
    const store = openStore({ url, stopTimeoutMs: 50 });
    const error: unknown = await store.start({ signal: AbortSignal.timeout(500) }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'Unavailable' });
    expect(String(error)).to.match(/self-signed/i);
  });
});
