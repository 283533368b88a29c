import { escapeUnsafe } from '@pulsekeeper/model';

/** What a sidecar tells of its registration; a line each of `register --json`. */
export type SidecarEvent =
  /** Nothing answers yet under any of these. */
  | { readonly event: 'waiting'; readonly target: string; readonly urls: readonly string[] }
  /** The registration stands: the first time, and after each gap. */
  | { readonly event: 'registered'; readonly target: string; readonly address: string }
  /** The connection to ZooKeeper broke; the registration most likely stands. */
  | { readonly event: 'suspended'; readonly target: string; readonly address: string }
  /** Somebody else holds the name. */
  | { readonly event: 'taken'; readonly target: string; readonly owner: string }
  /** It is not registered any more: the metrics do not answer, or the sidecar ends. */
  | { readonly event: 'withdrawn'; readonly target: string; readonly reason: 'unanswered' | 'ended' };

/** One line for people. */
export function describeEvent(event: SidecarEvent): string {
  const target = escapeUnsafe(event.target);
  switch (event.event) {
    case 'waiting':
      return `${target} is registered once it answers at ${event.urls.join(' or ')}`;
    case 'registered':
      return `registered ${target} at ${event.address}`;
    case 'suspended':
      return `${target}: the connection to ZooKeeper broke; trying again`;
    case 'taken':
      return `${target} is registered by ${escapeUnsafe(event.owner)}; waiting for the name`;
    case 'withdrawn':
      return event.reason === 'ended'
        ? `withdrew ${target}`
        : `${target} does not answer any more; withdrawn until it does`;
  }
}
