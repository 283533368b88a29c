import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { registerCleanup } from './cleanup-registry.ts';
import { findExecutable } from './require-servers.ts';

const run = promisify(execFile);

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority made for one test. */
export interface TestAuthority {
  readonly folder: string;
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** Issues a certificate for the names, such as `DNS:localhost,IP:127.0.0.1`. */
  issue(name: string, subjectAltName: string): Promise<TestCertificate>;
}

/** Whether certificates can be made here. */
export function canMakeCertificates(): boolean {
  return findExecutable('openssl') !== undefined;
}

/** Makes an authority in a temporary folder, which goes with the test. */
export async function makeAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-tls-'));
  registerCleanup({ name: 'certificates', run: () => rm(folder, { recursive: true, force: true }) });
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  return {
    folder,
    ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
    issue: async (name, subjectAltName) => {
      await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      await writeFile(join(folder, `${name}.ext`), `subjectAltName=${subjectAltName}\n`);
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
      await openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signing);
      const [cert, key] = await Promise.all(
        ['pem', 'key'].map((type) => readFile(join(folder, `${name}.${type}`), 'utf8')),
      );
      return { cert: cert ?? '', key: key ?? '' };
    },
  };
}
