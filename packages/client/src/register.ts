import { hostname } from 'node:os';
import {
  createRegistrantKey,
  InvalidRegistrationError,
  parseDuration,
  registerInstance,
  serializeInstance,
  showValue,
  silentLogger,
  ZkError,
  ZkSession,
  type InstanceInput,
  type Logger,
} from '@pulsekeeper/registry';
import { checkRegisterOptions } from './check-options.ts';
import { openEndpoint } from './endpoint.ts';
import { firstRegistration } from './first-registration.ts';
import { holdProcess } from './hold-process.ts';
import { defaultInstanceName } from './instance-name.ts';
import { DEFAULT_REGISTER_OPTIONS, scrapeOptionsOf, type RegisterOptions } from './register-options.ts';
import { createRegisteredService, type RegisteredService } from './registered-service.ts';
import { closeOnSignals } from './signal-hook.ts';

type Undo = () => Promise<void> | void;

/**
 * Registers an instance of a service with a Pulsekeeper cluster, so that its collectors scrape it.
 *
 * Resolves once the registration stands, or after `waitMs` when ZooKeeper cannot be reached; then it goes on in the
 * background, for ever. While it is pending it keeps the process alive; afterwards nothing here does.
 *
 * @throws InvalidRegistrationError for wrong input, with the field, the value and what is allowed; `ZkError` for what
 * forbids the registration (`NoAuth`); RegistryError `NameTaken` when somebody else holds the name; what the metrics server
 * cannot listen for; the signal's reason. Whatever it had begun is undone then.
 *
 * @example
 * ```ts
 * const service = await register({ service: 'shop', server, labels: { team: 'checkout' } });
 * process.once('SIGTERM', () => void service.close());
 * ```
 */
export async function register(options: RegisterOptions): Promise<RegisteredService> {
  checkRegisterOptions(options);
  const undo: Undo[] = [];
  const release = holdProcess(Number.POSITIVE_INFINITY);
  try {
    options.signal?.throwIfAborted();
    return await registerStepwise(options, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  } finally {
    release();
  }
}

async function registerStepwise(options: RegisterOptions, undo: Undo[]): Promise<RegisteredService> {
  const logger = (options.logger ?? silentLogger).child({ component: 'client', service: options.service });
  const session = createSession(options, logger);
  const endpoint = await openEndpoint(options, logger);
  undo.push(endpoint.close);
  const hostName = hostname();
  const instance =
    options.instance ?? defaultInstanceName({ hostName, addressHost: endpoint.host, port: endpoint.port });
  const instanceKey = options.instanceKey ?? createRegistrantKey(hostName);
  const input: InstanceInput = {
    ...(endpoint.scheme === undefined ? {} : { scheme: endpoint.scheme }),
    ...scrapeOptionsOf(options),
    address: endpoint.address,
    instanceKey,
  };
  const data = serializeInstance(input);
  const registration = registerInstance(session, {
    service: options.service,
    instance,
    data,
    instanceKey,
    // Whether a taken name is an error is decided below; later it is waited for.
    nameTakenGraceMs: Number.POSITIVE_INFINITY,
    logger,
  });
  let removeHooks: Undo = () => undefined;
  const service = createRegisteredService({
    service: options.service,
    instance,
    input,
    registration,
    own: endpoint.own,
    closeRest: async () => {
      await removeHooks();
      await session.stop();
      await endpoint.close();
    },
    logger,
  });
  undo.push(() => service.close());
  // Before anything is announced: what a signal interrupts is withdrawn, too.
  removeHooks = closeOnSignals(options.closeOnSignals ?? [], () => service.close());
  await session.start({ waitForConnection: false });
  await firstRegistration(registration, {
    waitMs: options.waitMs ?? DEFAULT_REGISTER_OPTIONS.waitMs,
    nameTakenGraceMs: options.nameTakenGraceMs ?? DEFAULT_REGISTER_OPTIONS.nameTakenGraceMs,
    signal: options.signal,
    logger,
  });
  return service;
}

function createSession(options: RegisterOptions, logger: Logger): ZkSession {
  const { zookeeper = DEFAULT_REGISTER_OPTIONS.zookeeper, auth, acl, tls } = options;
  const needsAuth = acl === 'creator-all' || acl === 'creator-all-world-read';
  if (needsAuth && auth === undefined && tls?.cert === undefined) {
    throw new InvalidRegistrationError(
      'acl',
      showValue(acl),
      'open, unless auth or a client certificate in tls is given',
    );
  }
  try {
    return new ZkSession({
      connectString: zookeeper,
      sessionTimeoutMs: sessionTimeoutMsOf(options.sessionTimeout ?? DEFAULT_REGISTER_OPTIONS.sessionTimeout),
      auth,
      acl,
      tls,
      unref: true,
      logger,
    });
  } catch (error) {
    if (!(error instanceof ZkError) || error.code !== 'InvalidConnectString') throw error;
    const allowed = `a connect string such as "h1:2181,h2:2181/pulsekeeper"; ${error.message.slice(error.message.lastIndexOf('": ') + 3)}`;
    throw new InvalidRegistrationError('zookeeper', showValue(zookeeper), allowed);
  }
}

function sessionTimeoutMsOf(value: string | number): number {
  const allowed = 'a duration such as 6s, or a number of milliseconds, above 0';
  let timeoutMs: number;
  try {
    timeoutMs = typeof value === 'number' ? value : parseDuration(value);
  } catch {
    // The reason alone would not say which field it is about.
    throw new InvalidRegistrationError('sessionTimeout', showValue(value), allowed);
  }
  if (timeoutMs > 0 && timeoutMs <= 0x7fff_ffff) return timeoutMs;
  throw new InvalidRegistrationError('sessionTimeout', showValue(value), allowed);
}
