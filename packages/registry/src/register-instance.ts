import type { RegistrationOptions } from './registration-options.ts';
import { Registration } from './registration.ts';
import type { RegistrySession } from './registry-session.ts';
import { instancePath } from './znode-path.ts';
import { stringFieldOf } from './znode-json.ts';

/** What is registered as an instance of a service. */
export interface RegisterInstanceOptions extends Omit<
  RegistrationOptions,
  'session' | 'path' | 'data' | 'key' | 'keyOf'
> {
  /** Name of the service. */
  readonly service: string;
  /** Name of the instance, unique within the service. */
  readonly instance: string;
  /** The instance's JSON (`serializeInstance` of the model), with `instance_key` among its fields. */
  readonly data: Uint8Array;
  /** The same key as in the data. Make one with `createRegistrantKey`, or give one that a restart finds again. */
  readonly instanceKey: string;
}

/**
 * A registration of an instance as `/services/<service>/<instance>`. Does no I/O until `start`. A missing service znode
 * is created, empty.
 *
 * @throws RegistryError `InvalidName`
 */
export function registerInstance(session: RegistrySession, options: RegisterInstanceOptions): Registration {
  const { service, instance, instanceKey, ...rest } = options;
  return new Registration({
    ...rest,
    session,
    path: instancePath(service, instance),
    key: instanceKey,
    keyOf: (data) => stringFieldOf(data, 'instance_key'),
  });
}
