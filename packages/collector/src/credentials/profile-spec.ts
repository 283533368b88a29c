import { isProfileName } from '@pulsekeeper/model';

import { SpecReader } from './spec-reader.ts';

/** Where a secret is: in the credentials file itself, or in a file of its own. */
export type SecretSource =
  { readonly kind: 'inline'; readonly text: string } | { readonly kind: 'file'; readonly path: string };

/** Name and password. */
export interface BasicAuthorization {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: SecretSource;
}

/** How a request says who asks. */
export type Authorization = BasicAuthorization | { readonly kind: 'bearer'; readonly token: SecretSource };

/** Client certificate, authorities and name for connections by TLS. */
export interface TlsSpec {
  readonly cert: SecretSource | undefined;
  readonly key: SecretSource | undefined;
  /** Instead of the authorities that Node knows. */
  readonly ca: SecretSource | undefined;
  /** Expected in the server's certificate, instead of the target's host. */
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** By way of which HTTP proxy targets are scraped. */
export interface ProxySpec {
  /** `http://host:port`. */
  readonly origin: string;
  readonly basic: BasicAuthorization | undefined;
}

/** One profile as the credentials file describes it. */
export interface ProfileSpec {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Services that may use it; undefined for all. */
  readonly services: readonly string[] | undefined;
  readonly authorization: Authorization | undefined;
  readonly headers: readonly (readonly [name: string, value: SecretSource])[];
  readonly tls: TlsSpec | undefined;
  readonly proxy: ProxySpec | undefined;
}

const PROFILE_FIELDS = ['hosts', 'services', 'basic', 'bearer', 'headers', 'tls', 'proxy'];
const TLS_FIELDS = ['cert', 'certFile', 'key', 'keyFile', 'ca', 'caFile', 'serverName', 'insecureSkipVerify'];
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** A header whose name may be shown in a message. */
const SHOWN_HEADER = /^[A-Za-z-]{1,32}$/;

/** Headers that the collector itself sends, or that decide about the connection. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-prometheus-scrape-timeout-seconds',
]);

/**
 * Reads what was parsed from a credentials file. Strict: an unknown field is an error, since a typing error in a
 * restriction must not lift it. Pure; messages tell the place and what is allowed, never a value.
 *
 * @throws SpecError
 */
export function readProfileSpecs(value: unknown): ProfileSpec[] {
  const file = new SpecReader('', value, ['profiles']);
  const profiles = file.child('profiles', isProfileName);
  return profiles.names().map((name) => {
    if (!isProfileName(name)) {
      profiles.fail(name, 'a profile is named by 1 to 64 letters, digits, "_", "." and "-"');
    }
    return readProfile(name, profiles.child(name, PROFILE_FIELDS));
  });
}

function readProfile(name: string, fields: SpecReader): ProfileSpec {
  const hosts = fields.texts('hosts') ?? [];
  if (hosts.length === 0) {
    fields.fail(
      'hosts',
      'say which hosts it may be sent to: names, .example.com for all below, networks such as 10.0.0.0/8',
    );
  }
  if (fields.has('basic') && fields.has('bearer')) fields.fail('bearer', 'there is basic already; one of the two');
  const authorization = readAuthorization(fields);
  return {
    name,
    hosts,
    services: fields.texts('services'),
    authorization,
    headers: readHeaders(fields, authorization !== undefined),
    tls: fields.has('tls') ? readTls(fields.child('tls', TLS_FIELDS)) : undefined,
    proxy: fields.has('proxy') ? readProxy(fields.child('proxy', ['url', 'basic'])) : undefined,
  };
}

function readAuthorization(fields: SpecReader): Authorization | undefined {
  if (fields.has('basic')) return readBasic(fields);
  if (fields.has('bearer')) {
    const bearer = fields.child('bearer', ['token', 'tokenFile']);
    return { kind: 'bearer', token: bearer.secret('token') ?? bearer.fail('token', 'needs token or tokenFile') };
  }
  return undefined;
}

function readBasic(fields: SpecReader): BasicAuthorization {
  const basic = fields.child('basic', ['username', 'password', 'passwordFile']);
  const username = basic.text('username') ?? '';
  if (username.includes(':')) basic.fail('username', 'a user name has no colon');
  const password = basic.secret('password') ?? basic.fail('password', 'needs password or passwordFile');
  return { kind: 'basic', username, password };
}

/** A URL may hold a password, so it is not shown. */
function readProxy(fields: SpecReader): ProxySpec {
  const expected = 'expected http://host:port';
  const text = fields.text('url') ?? fields.fail('url', expected);
  const url = URL.canParse(text) ? new URL(text) : fields.fail('url', expected);
  if (url.username !== '' || url.password !== '') fields.fail('url', `${expected}; name and password stand in basic`);
  const isOriginAlone = url.pathname === '/' && url.search === '' && url.hash === '';
  if (url.protocol !== 'http:' || !isOriginAlone) fields.fail('url', expected);
  return { origin: url.origin, basic: fields.has('basic') ? readBasic(fields) : undefined };
}

function readHeaders(fields: SpecReader, isAuthorized: boolean): (readonly [string, SecretSource])[] {
  if (!fields.has('headers')) return [];
  const headers = fields.child('headers', (name) => SHOWN_HEADER.test(name));
  return headers.names().map((name) => {
    const key = name.toLowerCase();
    if (!HEADER_NAME.test(name)) headers.fail(name, 'no name of a header');
    if (OWN_HEADERS.has(key)) headers.fail(name, 'this header is not to be set');
    if (key === 'authorization' && isAuthorized) headers.fail(name, 'there is basic or bearer already');
    return [key, headers.textOrFile(name)] as const;
  });
}

function readTls(fields: SpecReader): TlsSpec {
  const spec: TlsSpec = {
    cert: fields.secret('cert'),
    key: fields.secret('key'),
    ca: fields.secret('ca'),
    serverName: fields.text('serverName'),
    insecureSkipVerify: fields.flag('insecureSkipVerify') ?? false,
  };
  if ((spec.cert === undefined) !== (spec.key === undefined)) {
    fields.fail(spec.cert === undefined ? 'cert' : 'key', 'a client certificate needs both certificate and key');
  }
  return spec;
}
