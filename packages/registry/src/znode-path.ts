import { explainInvalidName, isValidName } from '@pulsekeeper/model';
import { RegistryError } from './errors.ts';

/** The znodes of a cluster, relative to the chroot of the connect string. `docs/znodes.md` describes them. */
export const ZNODES = {
  /** Cluster-wide scrape rule and bounds. */
  defaults: '/defaults',
  /** Parent of the services. */
  services: '/services',
  /** Parent of the collectors. */
  collectors: '/collectors',
  /** Parent of what is kept of the rules' past. */
  ruleHistory: '/rule-history',
  servicePath,
  instancePath,
  collectorPath,
  serviceHistoryPath,
} as const;

/** What a path under the chroot stands for. */
export type ZnodeRole =
  | { readonly kind: 'defaults' | 'services' | 'collectors' }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'instance'; readonly service: string; readonly instance: string }
  | { readonly kind: 'collector'; readonly collector: string };

/** Path of a service's znode. Throws `InvalidName`. */
export function servicePath(service: string): string {
  return `${ZNODES.services}/${checkedName('service', service)}`;
}

/** Path of an instance's znode. Throws `InvalidName`. */
export function instancePath(service: string, instance: string): string {
  return `${servicePath(service)}/${checkedName('instance', instance)}`;
}

/** Path of a collector's znode. Throws `InvalidName`. */
export function collectorPath(collector: string): string {
  return `${ZNODES.collectors}/${checkedName('collector', collector)}`;
}

/** Path of the history of a service's rule. Throws `InvalidName`. */
export function serviceHistoryPath(service: string): string {
  return `${ZNODES.ruleHistory}/services/${checkedName('service', service)}`;
}

/** Parent of a path: `/services/db` of `/services/db/a`, `/` of `/services`. */
export function parentPath(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

/** What a path stands for, or `undefined` when it is none of ours. */
export function roleOf(path: string): ZnodeRole | undefined {
  const [empty, root, first, second, ...rest] = path.split('/');
  if (empty !== '' || root === undefined || rest.length > 0) return undefined;
  if (root === 'defaults' && first === undefined) return { kind: 'defaults' };
  if (root === 'services') {
    if (first === undefined) return { kind: 'services' };
    if (!isValidName(first)) return undefined;
    if (second === undefined) return { kind: 'service', service: first };
    return isValidName(second) ? { kind: 'instance', service: first, instance: second } : undefined;
  }
  if (root === 'collectors' && second === undefined) {
    if (first === undefined) return { kind: 'collectors' };
    return isValidName(first) ? { kind: 'collector', collector: first } : undefined;
  }
  return undefined;
}

function checkedName(what: string, name: string): string {
  const reason = explainInvalidName(name);
  if (reason === undefined) return name;
  throw new RegistryError('InvalidName', `${what} name ${JSON.stringify(name.slice(0, 80))} is not valid: ${reason}`);
}
