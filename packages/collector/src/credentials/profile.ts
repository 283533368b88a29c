import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import type { ProxyRoute } from '../scrape/proxy-connector.ts';
import { HostBinding } from './host-binding.ts';
import type { Authorization, ProfileSpec, ProxySpec, SecretSource, TlsSpec } from './profile-spec.ts';
import { SpecError } from './spec-reader.ts';

/** What a TLS connection is made with. */
export interface TlsMaterial {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** A profile with its secrets. Immutable: other secrets make another profile. Never to be logged. */
export interface Profile {
  readonly name: string;
  readonly binding: HostBinding;
  readonly services: ReadonlySet<string> | undefined;
  /** A flat list of names and values. */
  readonly headers: readonly string[];
  readonly tls: TlsMaterial | undefined;
  readonly proxy: ProxyRoute | undefined;
  /** Equal exactly for profiles of equal content. */
  readonly fingerprint: string;
}

/** What may stand in the value of a header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]+$/;

/**
 * Puts a profile together from its description and its secrets.
 *
 * @param read - The secret behind a source; may throw.
 * @throws SpecError for secrets that cannot be sent, and for certificates and keys that OpenSSL does not take.
 */
export function makeProfile(spec: ProfileSpec, read: (source: SecretSource) => string): Profile {
  const path = `profiles.${spec.name}`;
  const headers: string[] = [];
  if (spec.authorization !== undefined) headers.push('authorization', authorizationOf(spec.authorization, read, path));
  for (const [name, source] of spec.headers) headers.push(name, headerValue(read(source), `${path}.headers.${name}`));
  const tls = spec.tls === undefined ? undefined : tlsMaterial(spec.tls, read, path);
  const proxy = spec.proxy && proxyRoute(spec.proxy, read, `${path}.proxy`);
  const content = JSON.stringify([spec.hosts, spec.services, headers, tls, proxy]);
  return {
    name: spec.name,
    binding: bindingOf(spec.hosts, path),
    services: spec.services === undefined ? undefined : new Set(spec.services),
    headers,
    tls,
    proxy,
    fingerprint: createHash('sha256').update(content).digest('hex'),
  };
}

function authorizationOf(given: Authorization, read: (source: SecretSource) => string, path: string): string {
  if (given.kind === 'bearer') return `Bearer ${headerValue(read(given.token), `${path}.bearer.token`)}`;
  const password = read(given.password);
  return `Basic ${Buffer.from(`${given.username}:${password}`, 'utf8').toString('base64')}`;
}

function proxyRoute({ origin, basic }: ProxySpec, read: (source: SecretSource) => string, path: string): ProxyRoute {
  return { origin, headers: basic === undefined ? [] : ['proxy-authorization', authorizationOf(basic, read, path)] };
}

function headerValue(value: string, path: string): string {
  if (!HEADER_VALUE.test(value)) throw new SpecError(path, 'is empty, or has characters that no header may have');
  return value;
}

function tlsMaterial(spec: TlsSpec, read: (source: SecretSource) => string, path: string): TlsMaterial {
  const [cert, key, ca] = [spec.cert, spec.key, spec.ca].map((source) => source && read(source));
  try {
    createSecureContext({ cert, key, ca });
  } catch (error) {
    throw new SpecError(
      `${path}.tls`,
      `not taken by OpenSSL: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const { serverName, insecureSkipVerify } = spec;
  return { cert, key, ca, serverName, insecureSkipVerify };
}

function bindingOf(hosts: readonly string[], path: string): HostBinding {
  try {
    return new HostBinding(hosts);
  } catch (error) {
    throw new SpecError(`${path}.hosts`, error instanceof Error ? error.message : String(error));
  }
}
