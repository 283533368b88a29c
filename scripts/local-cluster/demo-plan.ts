import { targetId, type TargetId } from '@pulsekeeper/model';

/** One instance of a demo service. */
export interface DemoInstance {
  readonly service: 'storefront' | 'checkout' | 'warehouse';
  readonly instance: string;
}

/** The demo instances of the local cluster: three services, seven processes. */
export const DEMO_INSTANCES: readonly DemoInstance[] = [
  { service: 'storefront', instance: 'storefront-1' },
  { service: 'storefront', instance: 'storefront-2' },
  { service: 'storefront', instance: 'storefront-3' },
  { service: 'checkout', instance: 'checkout-1' },
  { service: 'checkout', instance: 'checkout-2' },
  { service: 'warehouse', instance: 'warehouse-1' },
  { service: 'warehouse', instance: 'warehouse-2' },
];

/** The demo instances that are not among these targets. */
export function absentDemos(ids: readonly TargetId[]): TargetId[] {
  const present = new Set(ids);
  return DEMO_INSTANCES.map(({ service, instance }) => targetId(service, instance)).filter((id) => !present.has(id));
}
