import { constants } from 'node:os';
import { explainInvalidName, InvalidRegistrationError, serializeInstance, showValue } from '@pulsekeeper/registry';
import { formatHostPort } from './host-address.ts';
import { SCRAPE_FIELDS, type RegisterOptions } from './register-options.ts';

/** What a value of an option must be. */
interface Check {
  readonly isRight: (value: unknown) => boolean;
  readonly allowed: string;
}

const UNCATCHABLE: readonly unknown[] = ['SIGKILL', 'SIGSTOP'];
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'child'];
const ACL_NAMES: readonly unknown[] = ['open', 'creator-all', 'creator-all-world-read'];

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTime: Check = {
  isRight: (value) => typeof value === 'number' && value >= 0,
  allowed: 'a number of milliseconds from 0, or Infinity',
};

/** Checks of everything that is not part of the instance's record; that is checked where it is made. */
const CHECKS = {
  host: { isRight: isHost, allowed: 'a DNS name, an IPv4 address or an IPv6 address' },
  listenHost: { isRight: isText, allowed: 'an address to listen on' },
  server: {
    isRight: (value) => hasMethods(value, ['address', 'once', 'on']),
    allowed: 'a server of node:http, node:https or node:net',
  },
  metrics: {
    isRight: (value) => hasMethods(value, ['metrics']) && typeof value['contentType'] === 'string',
    allowed: 'a registry of prom-client, with contentType and metrics()',
  },
  zookeeper: { isRight: isText, allowed: 'a connect string such as "h1:2181,h2:2181/pulsekeeper"' },
  auth: {
    isRight: (value) => (Array.isArray(value) ? value.every(isAuth) : isAuth(value)),
    allowed: 'an object with scheme and credentials, or a list of them',
  },
  acl: {
    isRight: (value) =>
      ACL_NAMES.includes(value) || (Array.isArray(value) && value.length > 0 && value.every(isObject)),
    allowed: `${ACL_NAMES.map(String).join(', ')}, or a list of entries`,
  },
  tls: { isRight: isObject, allowed: 'an object with ca, cert, key, passphrase and serverName, each if need be' },
  waitMs: isTime,
  nameTakenGraceMs: isTime,
  closeOnSignals: {
    isRight: (value) => Array.isArray(value) && value.every(isSignal),
    allowed: 'a list of signals that can be caught, such as ["SIGTERM"]',
  },
  signal: {
    isRight: (value) => hasMethods(value, ['addEventListener', 'throwIfAborted']),
    allowed: 'an AbortSignal',
  },
  logger: { isRight: (value) => hasMethods(value, LOG_LEVELS), allowed: 'a logger like one of pino' },
} as const satisfies Partial<Record<keyof RegisterOptions, Check>>;

/** Options that are checked where they are used, because only there it is known what they mean. */
const OTHERS = ['service', 'instance', 'address', 'port', 'sessionTimeout', 'instanceKey', ...SCRAPE_FIELDS] as const;
const KNOWN: readonly string[] = [...OTHERS, ...Object.keys(CHECKS)];

/**
 * Refuses options that make no sense by themselves, and those that nobody knows: a mistyped one would go unheard.
 *
 * @throws InvalidRegistrationError with the option, its value and what is allowed.
 */
export function checkRegisterOptions(options: unknown): asserts options is RegisterOptions {
  if (!isObject(options)) {
    throw new InvalidRegistrationError('options', showValue(options), 'an object with service and more');
  }
  refuseUnknown('an option', options, KNOWN);
  checkName('service', options['service']);
  if (options['instance'] !== undefined) checkName('instance', options['instance']);
  for (const [option, { isRight, allowed }] of Object.entries(CHECKS)) {
    const value = options[option];
    if (value !== undefined && !isRight(value)) throw new InvalidRegistrationError(option, showOption(value), allowed);
  }
}

/** Refuses a patch of a registered service that is none, or has fields that nobody knows. @throws InvalidRegistrationError */
export function checkPatch(patch: unknown): void {
  if (!isObject(patch)) throw new InvalidRegistrationError('patch', showValue(patch), 'an object with what changes');
  refuseUnknown('a field', patch, ['address', ...SCRAPE_FIELDS]);
}

function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidRegistrationError(what, showValue(unknown), known.join(', '));
}

function checkName(field: 'service' | 'instance', name: unknown): void {
  const reason = typeof name === 'string' ? explainInvalidName(name) : `a text, the name of the ${field}`;
  if (reason !== undefined) throw new InvalidRegistrationError(field, showValue(name), reason);
}

/** Functions and numbers that are none have no JSON; a list is shown by what is in it. */
function showOption(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? showValue(value.join(', '))
    : showValue(value);
}

function isHost(value: unknown): boolean {
  if (!isText(value)) return false;
  try {
    serializeInstance({ address: formatHostPort(value, 1) });
    return true;
  } catch {
    return false; // The reason would speak of an address that nobody gave.
  }
}

function isAuth(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { scheme, credentials } = value;
  return isText(scheme) && (typeof credentials === 'string' || credentials instanceof Uint8Array);
}

function isSignal(value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(constants.signals, value) && !UNCATCHABLE.includes(value);
}

function hasMethods(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  const isThing = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isThing && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
