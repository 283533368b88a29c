import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from './free-port.ts';
import { canMakeCertificates, makeAuthority, type TestAuthority } from './test-certificates.ts';
import { startZooKeeper, type ZooKeeperServer } from './zookeeper-server.ts';

/** A ZooKeeper that speaks TLS at one port, and plain text at another. */
export interface TlsZooKeeper {
  /** The TLS port, on loopback; certificates are for `localhost`, `zookeeper.example` and 127.0.0.1. */
  readonly port: number;
  /** Whom the server trusts; it asks every client for a certificate. */
  readonly authority: TestAuthority;
  readonly server: ZooKeeperServer;
}

// ZooKeeper speaks TLS with Netty only, part of which its jar's manifest leaves out.
const NETTY = ['buffer', 'codec', 'common', 'handler', 'resolver', 'transport', 'transport-native-unix-common'].map(
  (part) => `/usr/share/java/netty-${part}.jar`,
);

/** Whether {@link startTlsZooKeeper} can work here. */
export function canStartTlsZooKeeper(): boolean {
  return canMakeCertificates() && NETTY.every((path) => existsSync(path));
}

/** Starts it with an authority of its own. The client certificate of a session is its identity for access control. */
export async function startTlsZooKeeper(): Promise<TlsZooKeeper> {
  const authority = await makeAuthority();
  const { folder } = authority;
  await authority.issue('server', 'DNS:localhost,DNS:zookeeper.example,IP:127.0.0.1');
  const toStore = ['pkcs12', '-export', '-in', 'server.pem', '-inkey', 'server.key', '-out', 'server.p12'];
  await promisify(execFile)('openssl', [...toStore, '-passout', 'pass:secret'], { cwd: folder });
  const port = await freePort();
  const server = await startZooKeeper({
    javaArgs: [`-Xbootclasspath/a:${NETTY.join(':')}`],
    config: {
      serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
      secureClientPort: port,
      secureClientPortAddress: '127.0.0.1',
      'ssl.keyStore.location': join(folder, 'server.p12'),
      'ssl.keyStore.type': 'PKCS12',
      'ssl.keyStore.password': 'secret',
      'ssl.trustStore.location': join(folder, 'ca.pem'),
      'ssl.trustStore.type': 'PEM',
      'ssl.clientAuth': 'need',
      'authProvider.x509': 'org.apache.zookeeper.server.auth.X509AuthenticationProvider',
    },
  });
  return { port, authority, server };
}
