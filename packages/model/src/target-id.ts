import { InvalidNameError } from './errors.ts';
import { checkName } from './name.ts';
import { showValue } from './show-value.ts';

declare const targetIdBrand: unique symbol;

/** Identity of a target: `<service>/<instance>`. Make one with {@link targetId} or {@link parseTargetId}. */
export type TargetId = string & { readonly [targetIdBrand]: true };

/**
 * The identity of an instance as a target.
 *
 * @throws {@link InvalidNameError} when either name cannot be a znode's name.
 */
export function targetId(service: string, instance: string): TargetId {
  return `${checkName('service', service)}/${checkName('instance', instance)}` as TargetId;
}

/** As {@link targetId}, of names that were checked before: by the ten thousand a second look takes its time. */
export function knownTargetId(service: string, instance: string): TargetId {
  return `${service}/${instance}` as TargetId;
}

/**
 * Reads an identity written by people, such as a command's argument.
 *
 * @throws {@link InvalidNameError} when the text is not `<service>/<instance>` with valid names.
 */
export function parseTargetId(text: string): TargetId {
  const slash = text.indexOf('/');
  if (slash < 0) {
    throw new InvalidNameError('target', `a target is written <service>/<instance>, got ${showValue(text)}`);
  }
  return targetId(text.slice(0, slash), text.slice(slash + 1));
}

/** The two names of an identity. Total and cheap: names have no `/`, so the first one separates them. */
export function splitTargetId(id: TargetId): { service: string; instance: string } {
  const slash = id.indexOf('/');
  return { service: id.slice(0, slash), instance: id.slice(slash + 1) };
}
